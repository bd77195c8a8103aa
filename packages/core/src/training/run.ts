// A run: batches in order, a step on each, and on the way the log, validations, sample pictures and checkpoints. All that it
// depends on is the recipe, the data and the last checkpoint, so that a run that was killed goes on as if it had not been.

import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../runtime/engine.ts";
import { pruneCheckpoints, saveCheckpoint } from "./checkpoint.ts";
import type { TrainingEvent } from "./events.ts";
import { beside, setAside } from "./examples.ts";
import { learningRateAt } from "./learning-rate.ts";
import { stepInputs } from "./next-step.ts";
import { nonFiniteError, nonFiniteScalar } from "./non-finite.ts";
import { openRun } from "./open-run.ts";
import { paceFrom } from "./pace.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { openRecord } from "./record.ts";
import { modelCard } from "./save/model-card.ts";
import { scalarsOf } from "./scalars.ts";
import { startSession } from "./start-session.ts";
import { openTrainer } from "./trainers/index.ts";
import { validate } from "./validate.ts";

/** Where and how to run. */
export interface TrainOptions {
  readonly engine: Engine;
  /** The pictures of recipe.data. */
  readonly data: Dataset;
  /** Those of recipe.validation.path; without them some of `data` are set aside. */
  readonly validationData?: Dataset;
  /** Folder for everything that the run writes. */
  readonly out: string;
  /** Goes on with the run in the folder. */
  readonly resume?: boolean;
  /** Goes on although the recipe or the data changed. */
  readonly allowChanges?: boolean;
  /** Stops at this step, if it comes before the recipe's last. */
  readonly steps?: number;
  /** Stops after the step that is being made, with a checkpoint. */
  readonly signal?: AbortSignal;
  readonly tell?: (event: TrainingEvent) => void;
}

/**
 * Trains as `recipe` says. Throws Error when the folder or the data are not fit for it, when a checkpoint cannot be written, and
 * when a loss is no longer finite; what was saved before stays.
 */
export async function train(recipe: Recipe, options: TrainOptions): Promise<void> {
  const { engine, data, validationData, out, resume = false, allowChanges = false, signal, tell = () => {} } = options;
  const held = { count: recipe.validation.examples, seed: recipe.seed };
  const { training, validation } =
    validationData === undefined ? setAside(data, held) : beside(data, { ...held, from: validationData });

  const early: string[] = data.skipped.map(({ id, reason }) => `"${id}" is skipped: ${reason}`);
  let notice = (text: string): void => void early.push(text);
  const run = await openRun(recipe, { out, resume, allowChanges, data: data.hash, notice: (text) => notice(text) });
  const { folder, state } = run;
  const closing: (() => Promise<void>)[] = [run.close];
  try {
    let { position } = run;
    const record = await openRecord(folder, { recipe, resumedAt: state && position.step, tell });
    closing.push(record.close);
    notice = (text) => record.notice({ step: position.step, text });
    early.forEach(notice);
    const trainer = await openTrainer(recipe, { engine, training, validation, folder, signal, notice });
    const session = await startSession(engine, trainer, recipe);
    closing.push(session.close);
    if (state !== undefined) await session.restore(state);
    const weightsToUse = { ema: recipe.ema !== undefined };

    let checkpointAt = state && position.step;
    async function checkpoint(): Promise<void> {
      if (checkpointAt === position.step) return;
      const path = await saveCheckpoint(folder, { position, state: await session.state() });
      checkpointAt = position.step;
      await pruneCheckpoints(folder, recipe.keep);
      record.checkpoint({ step: position.step, path });
    }
    async function measure(): Promise<void> {
      const measured = await validate(session, trainer, { ...weightsToUse, step: position.step });
      if (measured === undefined) return;
      position = { ...position, validationLoss: measured.loss };
      await record.validation({ step: position.step, ...measured });
    }
    async function save(): Promise<void> {
      const facts = { ...position, examples: training.length };
      await trainer.save(await session.weights(weightsToUse), modelCard(recipe, facts), facts);
    }
    async function sample(): Promise<void> {
      await save();
      await record.samples(position.step, await trainer.samples());
    }

    const last = Math.min(recipe.steps, options.steps ?? recipe.steps);
    await record.start({ step: position.step, steps: last, device: engine.device, examples: training.length });
    const startedMs = performance.now() - 1000 * position.seconds;
    const pace = paceFrom();
    const inputs = stepInputs(trainer, recipe, { position, last });
    while (signal?.aborted !== true) {
      const { value, done } = await inputs.next();
      if (done) break;
      const { batches, feeds } = value;
      const learningRate = learningRateAt(position.step, recipe);
      const outputs = await session.train(feeds, { learningRate });
      const scalars = scalarsOf(outputs);
      const broken = nonFiniteScalar(scalars);
      if (broken !== undefined) throw await nonFiniteError(broken, { scalars, inputs: value, namesOf: trainer.names });

      const step = position.step + 1;
      const batch = batches[batches.length - 1];
      const images = feeds.length * recipe.batchSize;
      pace.tick(images);
      position = {
        ...position,
        ...batch.next,
        step,
        images: position.images + images,
        seconds: (performance.now() - startedMs) / 1000,
      };
      await trainer.afterStep?.(session, { step, batch, outputs });
      const { imagesPerSecond, stepMs } = pace;
      const isDue = (every: number) => step % every === 0;
      await record.step(
        {
          step,
          steps: last,
          epoch: batch.epoch,
          learningRate,
          imagesPerSecond,
          remainingMs: (last - step) * stepMs,
          scalars,
        },
        { seconds: position.seconds, isLogged: isDue(recipe.every.log) || step === last },
      );
      if (isDue(recipe.every.validate) || step === recipe.steps) await measure();
      if (isDue(recipe.every.checkpoint)) await checkpoint();
      if (isDue(recipe.every.sample) && step !== recipe.steps) await sample();
    }

    await checkpoint();
    const how = position.step >= recipe.steps ? "finished" : signal?.aborted ? "interrupted" : "paused";
    if (how === "finished") await sample();
    if (how === "paused") await save();
    await record.end({ step: position.step, how });
  } finally {
    await closeAll(closing.reverse());
  }
}

/** Calls every function, and throws what the first of them threw. */
async function closeAll(closing: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of closing) await close().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}
