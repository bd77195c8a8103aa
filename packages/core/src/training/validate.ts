// The loss on what nothing is learnt from.

import type { Scalars } from "./log.ts";
import type { TrainingSession } from "./session.ts";
import type { Trainer } from "./trainers/trainer.ts";
import { scalarsOf } from "./scalars.ts";

/** The means over all validation examples; undefined when there are none. */
export async function validate(
  session: TrainingSession,
  trainer: Trainer,
  { ema, step }: { ema: boolean; step: number },
): Promise<{ readonly loss: number; readonly scalars: Scalars } | undefined> {
  const sums: Record<string, number> = {};
  let total = 0;
  for await (const feeds of trainer.validationFeeds(step)) {
    // The first input of every graph is the batch itself.
    const [{ dims }] = Object.values(feeds);
    for (const [name, value] of Object.entries(scalarsOf(await session.measure(feeds, { ema }))))
      sums[name] = (sums[name] ?? 0) + value * dims[0];
    total += dims[0];
  }
  if (total === 0) return undefined;
  const scalars = Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / total]));
  return { loss: scalars[trainer.judgedBy], scalars };
}
