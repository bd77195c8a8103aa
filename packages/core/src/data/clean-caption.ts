// Captions from the web made fit for training, by rules of the kind that LAION's sets were made with: markup, addresses and
// stray spaces go; captions that say nothing are dropped. C. Schuhmann et al., "LAION-5B", arXiv 2210.08402, §3.

/** How strict to be. */
export interface CaptionRules {
  /** Characters; LAION drops what has fewer than 5. */
  readonly minLength?: number;
  readonly minWords?: number;
  readonly maxWords?: number;
  /** A caption that more pictures have is a site's own phrase, and no caption. */
  readonly maxRepeats?: number;
}

/** What became of a caption: its text, or why it was dropped; and the rules that changed it. */
export interface CleanedCaption {
  readonly text: string;
  readonly dropped?: string;
  readonly changed: readonly string[];
}

interface Rule {
  readonly name: string;
  readonly apply: (text: string) => string;
}

/** The changes in order. */
const rules: readonly Rule[] = [
  { name: "markup", apply: (text) => text.replaceAll(/<\/?[a-z][^<>]*>|<!--.*?-->/gis, " ") },
  { name: "entities", apply: decodeEntities },
  {
    name: "address",
    apply: (text) => text.replaceAll(/\b(?:https?:\/\/|www\.)[^\s"'<>()]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+\b/gi, " "),
  },
  { name: "file name", apply: (text) => text.replaceAll(/\b[\w-]+\.(?:jpe?g|png|gif|webp|bmp|tiff?|avif)\b/gi, " ") },
  { name: "hashtags", apply: (text) => text.replaceAll(/(^|\s)#(?=[\p{L}_])/gu, "$1") },
  { name: "control characters", apply: (text) => text.replaceAll(/[\p{Cc}\u200b\u2060\ufeff\ufffd]/gu, " ") },
  { name: "quotes", apply: (text) => text.replaceAll(/[“”„«»]/g, '"').replaceAll(/[‘’‚]/g, "'") },
  {
    name: "spaces",
    apply: (text) =>
      text
        .replaceAll(/\s+/g, " ")
        .replaceAll(/ ([,.;:!?])/g, "$1")
        .replace(/^[\s,;:|/\\_-]+/, "")
        .replace(/[\s,;:|/\\_-]+$/, ""),
  },
];

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  nbsp: " ",
  ndash: "–",
  mdash: "—",
  hellip: "…",
  lsquo: "'",
  rsquo: "'",
  ldquo: '"',
  rdquo: '"',
  copy: "©",
  reg: "®",
  trade: "™",
  eacute: "é",
  euro: "€",
  deg: "°",
};

function decodeEntities(text: string): string {
  return text.replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (whole, decimal, hexadecimal, name) => {
    if (name !== undefined) return entities[String(name).toLowerCase()] ?? whole;
    const point = decimal === undefined ? Number.parseInt(String(hexadecimal), 16) : Number(decimal);
    return point > 0 && point <= 0x10ffff && !(point >= 0xd800 && point <= 0xdfff)
      ? String.fromCodePoint(point)
      : whole;
  });
}

/** Cleans one caption, and says when nothing worth keeping is left. */
export function cleanCaption(
  caption: string,
  { minLength = 5, minWords = 1, maxWords = Infinity }: CaptionRules = {},
): CleanedCaption {
  const changed = new Set<string>();
  let text = caption;
  // What one rule uncovers, another may have to take: "&lt;b&gt;" is markup once it is decoded. Every rule shortens or
  // replaces signs for good, so this ends.
  for (let before: string | undefined; before !== text;) {
    before = text;
    for (const { name, apply } of rules) {
      const next = apply(text);
      if (next !== text) changed.add(name);
      text = next;
    }
  }
  const words = text.match(/[\p{L}\p{M}\p{N}]+/gu) ?? [];
  const length = [...text].length;
  // One sign of Chinese or Japanese says as much as a word.
  const needed = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Extended_Pictographic}]/u.test(text)
    ? 1
    : minLength;
  const reasons: readonly (readonly [boolean, string])[] = [
    [length === 0, "nothing is left"],
    [length < needed, `fewer than ${minLength} characters`],
    [words.length < minWords && needed > 1, `fewer than ${minWords} words`],
    [words.length > maxWords, `more than ${maxWords} words`],
    [needed > 1 && !/\p{L}/u.test(text), "no letter"],
  ];
  const dropped = reasons.find(([applies]) => applies)?.[1];
  return { text, changed: [...changed], ...(dropped === undefined ? {} : { dropped }) };
}
