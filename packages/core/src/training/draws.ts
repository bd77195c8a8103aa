// Random numbers of a run: one generator for each purpose and place in the data, so that none depends on what was drawn before
// and a resumed run draws what it would have drawn.

import { seedSequence } from "../util/rng/seed-sequence.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { BatchPosition } from "./batches.ts";

/** What random numbers are for. Numbers may be added, never changed: they are part of what makes runs repeatable. */
const purposes = { batch: 0, validation: 1, revival: 2, weights: 3 } as const;

/** The generator for `purpose` at a place. */
export function drawsAt(seed: number, purpose: keyof typeof purposes, { epoch, batch }: BatchPosition): TorchGenerator {
  const [word] = seedSequence(seed, 1, { path: [purposes[purpose], epoch, batch] });
  return new TorchGenerator(word);
}
