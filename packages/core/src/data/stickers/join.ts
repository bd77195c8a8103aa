// Which concept an icon shows: by its code points where the package gives them, by its name otherwise.

import { iconAliases } from "./aliases.ts";
import type { NamedConcept } from "./concepts.ts";

/** An icon's concept; `isSkinTone` when it is one of the five variants, which look alike and are left out. */
export interface Match {
  readonly concept: NamedConcept;
  readonly isSkinTone: boolean;
}

/** Finds concepts by code points or by icon name. */
export interface ConceptIndex {
  byHexcode(hexcode: string): Match | undefined;
  /** `squashed`: names are written without hyphens. */
  byName(name: string, options?: { readonly squashed?: boolean }): Match | undefined;
}

/** An index of `concepts`; of several with one name the first has it, and labels go before shortcodes. */
export function indexConcepts(concepts: readonly NamedConcept[]): ConceptIndex {
  const hexcodes = new Map<string, Match>();
  const names = new Map<string, Match>();
  const squashed = new Map<string, Match>();
  const addName = (name: string, match: Match) => {
    const key = nameKey(name);
    if (!names.has(key)) names.set(key, match);
    if (!squashed.has(key.replaceAll("-", ""))) squashed.set(key.replaceAll("-", ""), match);
  };
  for (const concept of concepts) {
    hexcodes.set(hexcodeKey(concept.hexcode), { concept, isSkinTone: false });
    addName(concept.label, { concept, isSkinTone: false });
  }
  for (const concept of concepts) {
    for (const skin of concept.skins) {
      hexcodes.set(hexcodeKey(skin.hexcode), { concept, isSkinTone: true });
      addName(skin.label, { concept, isSkinTone: true });
    }
    for (const alias of concept.aliases) addName(alias, { concept, isSkinTone: false });
  }
  return {
    byHexcode: (hexcode) => hexcodes.get(hexcodeKey(hexcode)),
    byName(name, { squashed: isSquashed = false } = {}) {
      // "airplane-2" is the second drawing of an airplane.
      for (const candidate of [name, name.replace(/-\d+$/, "")]) {
        const key = candidate in iconAliases ? iconAliases[candidate] : candidate;
        if (key === undefined) return undefined;
        const match = names.get(key) ?? (isSquashed ? squashed.get(key.replaceAll("-", "")) : undefined);
        if (match) return match;
      }
      return undefined;
    },
  };
}

/** Code points in upper case without variation selectors, joiners and leading zeros: packages differ in these. */
const hexcodeKey = (hexcode: string): string =>
  hexcode
    .toUpperCase()
    .split(/[-_]/)
    .map((point) => point.replace(/^0+/, ""))
    .filter((point) => point !== "FE0F" && point !== "200D")
    .join("-");

/** A label as icon names write it: "woman's hat" → "womans-hat". */
export const nameKey = (label: string): string =>
  label
    .normalize("NFD")
    .toLowerCase()
    .replaceAll(/[\p{M}’'.“”"!]/gu, "")
    .replaceAll("&", "and")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
