// Light or dark: as the system has it, until a person chooses.

import { computed, effect, signal } from "@preact/signals";
import { oneOf, stored } from "./stored.ts";

/** What can be chosen. */
export const themeChoices = ["system", "light", "dark"] as const;

/** The choice. */
export const themeChoice = stored<(typeof themeChoices)[number]>("theme", "system", oneOf(themeChoices));

const systemIsDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = signal(systemIsDark.matches);
systemIsDark.addEventListener("change", ({ matches }) => {
  isDark.value = matches;
});

/** What it comes to. */
export const theme = computed(() => {
  if (themeChoice.value !== "system") return themeChoice.value;
  return isDark.value ? "dark" : "light";
});

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
