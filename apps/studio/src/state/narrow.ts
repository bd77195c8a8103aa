// Whether the page is as narrow as a phone's: the same width as in the style sheets.

import { signal } from "@preact/signals";

const query = matchMedia("(max-width: 720px)");

/** Whether it is. */
export const isNarrow = signal(query.matches);

query.addEventListener("change", ({ matches }) => {
  isNarrow.value = matches;
});
