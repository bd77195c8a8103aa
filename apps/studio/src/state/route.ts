// Where in the studio we are, as the address says: #/screen/what. Back and forward work, and an address can be sent.

import { computed, signal } from "@preact/signals";

const hash = signal(location.hash);
addEventListener("hashchange", () => {
  hash.value = location.hash;
});

/** The screen's id, and what of it is shown; both may be empty. */
export const route = computed(() => {
  const [screen = "", ...rest] = hash.value.replace(/^#\/?/, "").split("/");
  return { screen: decodeURIComponent(screen), detail: rest.map(decodeURIComponent).join("/") };
});

/** The address of `screen`, and of `detail` in it. */
export const addressOf = (screen: string, detail = ""): string =>
  `#/${screen}${detail === "" ? "" : `/${detail.split("/").map(encodeURIComponent).join("/")}`}`;

/** Goes there. */
export function goTo(screen: string, detail = ""): void {
  location.hash = addressOf(screen, detail);
}
