// The inputs of steps, each made while the engine is busy with the step before.

import { batchesFrom } from "./batches.ts";
import type { Batch, BatchPosition } from "./batches.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import type { Feeds, Trainer } from "./trainers/trainer.ts";

/** What one optimizer step learns from. */
export interface StepInputs {
  /** Steps before it. */
  readonly step: number;
  readonly batches: readonly Batch[];
  readonly feeds: readonly Feeds[];
}

/** Inputs from `position` on, up to step `last`. */
export async function* stepInputs(
  trainer: Trainer,
  recipe: Recipe,
  { position, last }: { position: BatchPosition & { readonly step: number }; last: number },
): AsyncGenerator<StepInputs, void> {
  const { batchSize, accumulate, seed } = recipe;
  const batches = batchesFrom(position, { ...trainer.batches, batchSize, seed });
  const prepare = async (step: number): Promise<StepInputs> => {
    const group = Array.from({ length: accumulate }, () => batches.next().value);
    const feeds: Feeds[] = [];
    for (const batch of group) feeds.push(await trainer.feeds(batch, step));
    return { step, batches: group, feeds };
  };
  if (position.step >= last) return;
  let next = prepare(position.step);
  for (let step = position.step; step < last; step++) {
    const inputs = await next;
    if (step + 1 < last) {
      next = prepare(step + 1);
      next.catch(() => {}); // it is thrown in its turn, if that comes
    }
    yield inputs;
  }
}
