// `a cat :0.8 AND a dog`: several prompts in one, each with a weight (composable diffusion, arXiv 2206.01714).

import type { PlacedText } from "./placed-text.ts";
import { slicePlaced } from "./placed-text.ts";

/** One of the prompts that AND joins. */
export interface ComposedPart {
  readonly text: PlacedText;
  readonly weight: number;
}

const weightAtEnd = /\s*:\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*$/;

/** The parts of `prompt` between its ANDs. A weight stands behind a colon at a part's end; without AND that is text. */
export function composedParts(prompt: PlacedText): readonly ComposedPart[] {
  const ands = [...prompt.text.matchAll(/\bAND\b/g)];
  if (ands.length === 0) return [{ text: prompt, weight: 1 }];
  const starts = [0, ...ands.map(({ index }) => index + 3)];
  const ends = [...ands.map(({ index }) => index), prompt.text.length];
  return starts.map((start, i) => {
    const text = slicePlaced(prompt, start, ends[i]);
    const match = weightAtEnd.exec(text.text);
    const weight = match === null ? 1 : Number(match[1]);
    return match === null || !Number.isFinite(weight)
      ? { text, weight: 1 }
      : { text: slicePlaced(text, 0, match.index), weight };
  });
}
