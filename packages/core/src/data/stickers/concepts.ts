// What stickers show: the concepts of emojibase (Unicode's CLDR names and keywords), with emojilib's further keywords.

import { joinPath, listFolder, pathExists, readText } from "#platform";

/** A name and keywords in one language. */
export interface ConceptText {
  readonly label: string;
  readonly tags: readonly string[];
}

/** One thing that can be drawn. */
export interface Concept extends ConceptText {
  /** Its code points as emojibase writes them: "1F98A". */
  readonly hexcode: string;
  readonly emoji: string;
  /** "animals-nature" */
  readonly group: string;
  /** "animal-mammal" */
  readonly subgroup: string;
  /** Other languages by their tag. */
  readonly localized: Readonly<Record<string, ConceptText>>;
}

/** A concept with what is needed to find its icons. */
export interface NamedConcept extends Concept {
  /** Further names, as shortcodes have them. */
  readonly aliases: readonly string[];
  /** Code points and labels of the same drawing in five skin tones. */
  readonly skins: readonly { readonly hexcode: string; readonly label: string }[];
}

/** What emojibase's data.json holds of one emoji. */
interface EmojibaseEntry {
  readonly label: string;
  readonly hexcode: string;
  readonly emoji: string;
  readonly tags?: readonly string[];
  readonly group?: number;
  readonly subgroup?: number;
  readonly order?: number;
  readonly skins?: readonly { readonly hexcode: string; readonly label: string }[];
}

/** All concepts in emojibase's order, and those that no picture can stand for too. `packages` is a node_modules folder. */
export async function readConcepts(packages: string): Promise<NamedConcept[]> {
  const emojibase = joinPath(packages, "emojibase-data");
  const entries = await readJson<EmojibaseEntry[]>(joinPath(emojibase, "en", "data.json"));
  const { groups, subgroups } = await readJson<Record<"groups" | "subgroups", Record<string, string>>>(
    joinPath(emojibase, "meta", "groups.json"),
  );
  const shortcodes = await readShortcodes(joinPath(emojibase, "en", "shortcodes"));
  const keywords = await readJson<Record<string, readonly string[]>>(
    joinPath(packages, "emojilib", "dist", "emoji-en-US.json"),
  );
  const languages = await readLanguages(emojibase);
  return entries
    .toSorted((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity) || (a.hexcode < b.hexcode ? -1 : 1))
    .map(({ label, hexcode, emoji, tags = [], group, subgroup, skins = [] }) => ({
      label: plainQuotes(label),
      hexcode,
      emoji,
      tags: mergedTags(label, tags, keywords[emoji] ?? keywords[emoji.replaceAll("\ufe0f", "")] ?? []),
      group: groups[group ?? ""] ?? "",
      subgroup: subgroups[subgroup ?? ""] ?? "",
      localized: Object.fromEntries(
        [...languages].flatMap(([language, texts]) => {
          const text = texts.get(hexcode);
          return text ? [[language, text]] : [];
        }),
      ),
      aliases: shortcodes.flatMap((codes) => codes[hexcode] ?? []),
      skins,
    }));
}

/** Whether the set draws a concept: no letters, arrows, country flags, keycaps, clock faces, families or components. */
export function isDrawn({ group, subgroup, label }: Concept): boolean {
  return group !== "" && group !== "component" && !undrawn.has(subgroup) && !clockFace.test(label);
}

const undrawn: ReadonlySet<string> = new Set(
  "country-flag subdivision-flag keycap alphanum arrow av-symbol math punctuation currency gender family hair-style skin-tone".split(
    " ",
  ),
);
const clockFace = /^\w+( o'clock|-thirty)$/;

const plainQuotes = (text: string): string => text.replaceAll("’", "'").replaceAll(/[“”]/g, '"');

/** Both lists in lower case, each keyword once, the label itself left out. */
function mergedTags(label: string, ...lists: readonly (readonly string[])[]): string[] {
  const known = new Set([plainQuotes(label).toLowerCase()]);
  const tags = lists.flat().map((tag) => plainQuotes(tag).replaceAll("_", " ").trim().toLowerCase());
  return tags.filter((tag) => /[\p{L}]/u.test(tag) && !known.has(tag) && known.add(tag));
}

async function readShortcodes(folder: string): Promise<Record<string, string | string[]>[]> {
  const files = (await listFolder(folder)).filter((name) => name.endsWith(".json") && !name.includes("native"));
  return Promise.all(files.map((name) => readJson<Record<string, string | string[]>>(joinPath(folder, name))));
}

async function readLanguages(emojibase: string): Promise<Map<string, Map<string, ConceptText>>> {
  const languages = new Map<string, Map<string, ConceptText>>();
  for (const language of await listFolder(emojibase)) {
    const file = joinPath(emojibase, language, "compact.json");
    if (language === "en" || !(await pathExists(file))) continue;
    const entries = await readJson<{ hexcode: string; label: string; tags?: string[] }[]>(file);
    languages.set(language, new Map(entries.map(({ hexcode, label, tags = [] }) => [hexcode, { label, tags }])));
  }
  return languages;
}

/** The JSON in a file of a package. */
export async function readJson<T>(path: string): Promise<T> {
  return JSON.parse(await readText(path)) as T;
}
