// A recipe's stages one after the other: what is finished is skipped, what was stopped goes on, and when each was done, how long it
// took and what came of it is written down.

import type { Engine } from "@noisette/core/runtime/engine";
import type { TrainingEvent } from "@noisette/core/training/events";
import { readRecords, writeRecord } from "./stage-records.ts";

/** Where and how a recipe runs. */
export interface RecipeRun {
  /** Holds data/ and runs/. */
  readonly folder: string;
  /** File of the stages' records. */
  readonly results: string;
  readonly tiny: boolean;
  readonly engine: Engine;
  readonly signal?: AbortSignal;
  readonly tell: (event: TrainingEvent) => void;
  readonly say: (line: string) => void;
  /** How far something is that is no training. */
  readonly progress: (doing: string, done: number, total: number) => void;
}

/** Does a stage, or finds it done, and returns its result; undefined when it was stopped. */
export type Stage<Run extends RecipeRun> = (run: Run) => Promise<unknown>;

/** Stages by name, in their order. */
export type Stages<Run extends RecipeRun> = Readonly<Record<string, Stage<Run>>>;

/** Runs the stages in their order, or one alone. False when it was stopped. */
export async function runStages<Run extends RecipeRun>(stages: Stages<Run>, run: Run, only?: string): Promise<boolean> {
  for (const [name, stage] of Object.entries(stages)) {
    if (only !== undefined && name !== only) continue;
    run.say(name);
    const started = performance.now();
    const result = await stage(run).catch((error: unknown) => {
      if (run.signal?.aborted) return undefined;
      throw error;
    });
    if (result === undefined) return false;
    // What was done before keeps its date and time.
    if (JSON.stringify((await readRecords(run.results))[name]?.result) === JSON.stringify(result)) continue;
    const own = (result as { seconds?: number }).seconds;
    await writeRecord(run.results, name, { seconds: own ?? (performance.now() - started) / 1000, result });
  }
  return true;
}
