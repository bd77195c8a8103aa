// One training stage: begun, gone on with, or found finished.

import { join } from "node:path";
import { disk } from "@noisette/core/platform/node";
import type { Engine } from "@noisette/core/runtime/engine";
import type { TrainingEvent } from "@noisette/core/training/events";
import { readLog } from "@noisette/core/training/log";
import type { LogLine } from "@noisette/core/training/log";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import type { Recipe } from "@noisette/core/training/recipe/read-recipe";
import { train } from "@noisette/core/training/run";

/** What a finished training came to. */
export interface TrainedResult {
  readonly steps: number;
  readonly images: number;
  /** Training time over all sessions. */
  readonly seconds: number;
  readonly loss?: number;
  /** What else the last validation measured. */
  readonly validation?: Readonly<Record<string, number>>;
}

/** Trains `recipe` in the folder `out`, going on where it was left. Undefined when `signal` stopped it before the end. */
export async function trainStage(
  recipe: Recipe,
  {
    out,
    engine,
    signal,
    tell,
  }: { out: string; engine: Engine; signal?: AbortSignal; tell: (event: TrainingEvent) => void },
): Promise<TrainedResult | undefined> {
  const done = await finished(recipe, out);
  if (done !== undefined) return done;
  const resume = (await disk!.entry(join(out, "recipe.json"))) !== undefined;
  await train(recipe, { engine, ...(await openRecipeData(recipe)), out, resume, signal, tell });
  return finished(recipe, out);
}

/** The result in the log of a run that came to its recipe's last step. */
async function finished({ steps, batchSize, accumulate }: Recipe, out: string): Promise<TrainedResult | undefined> {
  const lines = await readLog(join(out, "log.jsonl"), disk!);
  const last = lines.at(-1);
  if (last?.kind !== "end" || last.text !== "finished" || last.step < steps) return undefined;
  const of = <K extends LogLine["kind"]>(kind: K) =>
    lines.findLast((line): line is Extract<LogLine, { kind: K }> => line.kind === kind);
  const validation = of("validation");
  return {
    steps: last.step,
    images: last.step * batchSize * accumulate,
    seconds: Math.round(of("step")?.seconds ?? 0),
    ...(validation && { loss: validation.loss, validation: validation.scalars }),
  };
}
