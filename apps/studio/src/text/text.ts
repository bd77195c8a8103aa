// The words on the page: one table for each language.

import { computed, effect } from "@preact/signals";
import { oneOf, stored } from "../state/stored.ts";
import { en } from "./en.ts";
import { zh } from "./zh.ts";

const tables = { en, zh } as const;

/** A language by its code. */
export type Language = keyof typeof tables;

/** What languages call themselves. */
export const languageNames: Readonly<Record<Language, string>> = { en: "English", zh: "中文" };

const ofBrowser: Language = navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";

/** The language of the page: the browser's, until another is chosen. */
export const language = stored<Language>("language", ofBrowser, oneOf(Object.keys(tables) as Language[]));

/** Its words. */
export const text = computed(() => tables[language.value]);

effect(() => {
  document.documentElement.lang = language.value;
});
