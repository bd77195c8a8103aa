// The words of the lessons in the page's language.

import { computed } from "@preact/signals";
import { language } from "../../text/text.ts";
import { en } from "./en.ts";
import type { LearnText } from "./en.ts";
import { zh } from "./zh.ts";

const tables: Readonly<Record<typeof language.value, LearnText>> = { en, zh };

/** The words. */
export const learnText = computed(() => tables[language.value]);
