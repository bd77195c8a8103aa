// A prompt as the text encoder takes it: start token, up to 75 tokens, end token, padding.

import type { ClipTokenizer } from "./clip.ts";

/** A prompt as ids of fixed length. */
export interface ClipTokens {
  /** As many ids as were asked for: start, prompt, end, padding. */
  readonly ids: number[];
  /** Tokens of the whole prompt, without start and end. */
  readonly tokenCount: number;
  /** The end of the prompt that did not fit, as it was written; undefined when all did. */
  readonly truncated: string | undefined;
}

/** The ids of `text` for a text encoder with `length` positions. What does not fit is cut off and reported. */
export function clipTokens(tokenizer: ClipTokenizer, text: string, length = 77): ClipTokens {
  const { ids, spans } = tokenizer.encode(text);
  const kept = ids.slice(0, length - 2);
  const cut = spans[kept.length];
  return {
    ids: padTo([tokenizer.startId, ...kept, tokenizer.endId], { length, padId: tokenizer.padId }),
    tokenCount: ids.length,
    truncated: cut && text.slice(cut[0]).trimEnd(),
  };
}

/** `ids` with `padId` after them up to `length`. Throws RangeError when there are more. */
export function padTo(ids: readonly number[], { length = 77, padId }: { length?: number; padId: number }): number[] {
  if (ids.length > length) throw new RangeError(`Cannot pad ${ids.length} ids to ${length}`);
  return [...ids, ...Array<number>(length - ids.length).fill(padId)];
}
