// What to say when a run has gone wrong beyond repair.

import type { Batch } from "./batches.ts";
import type { Scalars } from "./log.ts";
import type { StepInputs } from "./next-step.ts";

/** The first loss or gradient norm that is not finite. */
export const nonFiniteScalar = (scalars: Scalars): string | undefined =>
  Object.keys(scalars).find((name) => /(^|\.)loss$|^gradientNorm/.test(name) && !Number.isFinite(scalars[name]));

const namesShown = 8;

/** The error for the scalar `name` of a step: with the step, its pictures, and what to try. */
export async function nonFiniteError(
  name: string,
  {
    scalars,
    inputs: { step, batches },
    namesOf,
  }: {
    readonly scalars: Scalars;
    readonly inputs: StepInputs;
    readonly namesOf: (batch: Batch) => Promise<readonly string[]>;
  },
): Promise<Error> {
  const all = (await Promise.all(batches.map(namesOf))).flat();
  const shown = all.slice(0, namesShown).map((one) => `"${one}"`);
  const more = all.length > namesShown ? ` and ${all.length - namesShown} more` : "";
  return new Error(
    `Cannot go on after step ${step}: "${name}" is ${scalars[name]} for the batch of ${shown.join(", ")}${more} (a lower learning rate, a longer warm-up, a smaller clipNorm or other pictures are wanted; the weights of the last checkpoint are good)`,
  );
}
