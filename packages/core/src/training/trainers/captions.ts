// The captions of examples.

import type { Example } from "../../data/dataset.ts";
import type { ExampleReader } from "../examples.ts";

/** The caption, "" where there is none: a picture without one is learnt as one that was left out. */
export const captionOf = ({ caption }: Example): string => caption ?? "";

const captionsLookedFor = 32;

/** Throws Error when none of the first examples has a caption. */
export async function checkCaptions(name: string, reader: ExampleReader, length: number): Promise<void> {
  for (let index = 0; index < Math.min(length, captionsLookedFor); index++) {
    if ((await reader.readWhole(index, 0)).caption !== undefined) return;
  }
  throw new Error(
    `Cannot learn texts from "${name}": its pictures have no captions (metadata.jsonl or .txt files are wanted)`,
  );
}

/** What pictures are called: all of them `prompt` where there is one, else each by its caption. */
export const calledBy =
  (prompt: string | undefined) =>
  (example: Example): string =>
    prompt ?? captionOf(example);
