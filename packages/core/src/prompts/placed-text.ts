// Text that knows where it comes from: what is left of a prompt after comments, tags and brackets are taken out of it
// still points at the prompt as it was written.

/** A text, and for each of its UTF-16 units the place in the written prompt. */
export interface PlacedText {
  readonly text: string;
  readonly places: readonly number[];
}

/** Something to tell about a prompt, with the range [start, end) of the written prompt that it is about. */
export interface PromptWarning {
  readonly message: string;
  readonly start: number;
  readonly end: number;
}

/** `text` in its own place. */
export const placed = (text: string): PlacedText => ({
  text,
  places: Array.from({ length: text.length }, (_, i) => i),
});

/** The part of `whole` from `start` up to `end`. */
export const slicePlaced = ({ text, places }: PlacedText, start: number, end?: number): PlacedText => ({
  text: text.slice(start, end),
  places: places.slice(start, end),
});

/** `parts`, one behind the other. */
export const joinPlaced = (parts: readonly PlacedText[]): PlacedText =>
  parts.length === 1
    ? parts[0]
    : { text: parts.map(({ text }) => text).join(""), places: parts.flatMap(({ places }) => places) };

/** `whole` without the matches of `pattern` (a global one). */
export function withoutMatches(whole: PlacedText, pattern: RegExp): PlacedText {
  const kept: PlacedText[] = [];
  let from = 0;
  for (const match of whole.text.matchAll(pattern)) {
    kept.push(slicePlaced(whole, from, match.index));
    from = match.index + match[0].length;
  }
  kept.push(slicePlaced(whole, from));
  return joinPlaced(kept);
}

/** The range of the written prompt that `part` covers, [0, 0) when it is empty. */
export const rangeOf = ({ places }: PlacedText): { readonly start: number; readonly end: number } =>
  places.length === 0 ? { start: 0, end: 0 } : { start: places[0], end: places.at(-1)! + 1 };
