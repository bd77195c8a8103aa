// A run: batches in order, a step on each, and on the way the log, validations, sample pictures and checkpoints. All that it
// depends on is the recipe, the data and the last checkpoint, so that a run that was killed goes on as if it had not been.

import { writePng } from "../image/png.ts";
import { encodePng } from "#platform";
import type { Dataset } from "../data/dataset.ts";
import type { Engine } from "../runtime/engine.ts";
import { batchesFrom } from "./batches.ts";
import type { Batch } from "./batches.ts";
import { pruneCheckpoints, saveCheckpoint } from "./checkpoint.ts";
import type { RunPosition } from "./checkpoint.ts";
import type { TrainingEvent } from "./events.ts";
import { setAside } from "./examples.ts";
import { openLog } from "./log.ts";
import { openRun } from "./open-run.ts";
import { paceFrom } from "./pace.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { writeReport } from "./report/write-report.ts";
import { modelCard } from "./save/model-card.ts";
import { nonFiniteScalar, scalarsOf } from "./scalars.ts";
import { startSession } from "./start-session.ts";
import { learningRateAt } from "./learning-rate.ts";
import { openEventFile } from "./tensorboard.ts";
import { openTrainer } from "./trainers/index.ts";
import type { Feeds } from "./trainers/trainer.ts";
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
  let position: RunPosition = { step: 0, epoch: 0, batch: 0, images: 0, seconds: 0 };
  const early: string[] = [];
  let notice = (text: string) => void early.push(text);

  const { training, validation } =
    validationData === undefined
      ? setAside(data, { count: recipe.validation.examples, seed: recipe.seed })
      : { training: data, validation: validationData };
  const run = await openRun(recipe, { out, resume, allowChanges, data: data.hash, notice: (text) => notice(text) });
  const { folder } = run;
  const closing: (() => Promise<void>)[] = [run.close];
  try {
    position = run.position;
    const log = await openLog(folder.log, { disk: folder.disk, step: run.state === undefined ? -1 : position.step });
    closing.push(log.close);
    const pending: Promise<void>[] = [];
    notice = (text) => {
      tell({ kind: "notice", step: position.step, text });
      pending.push(log.write({ kind: "notice", step: position.step, text }));
    };
    early.forEach(notice);
    for (const { id, reason } of data.skipped) notice(`"${id}" is skipped: ${reason}`);
    const board = await openEventFile(folder.path, { disk: folder.disk, step: position.step });
    closing.push(board.close);

    const trainer = await openTrainer(recipe, {
      engine,
      training,
      validation,
      folder,
      signal,
      notice: (text) => notice(text),
    });
    const session = await startSession(engine, trainer, recipe);
    closing.push(session.close);
    if (run.state !== undefined) await session.restore(run.state);

    const last = Math.min(recipe.steps, options.steps ?? recipe.steps);
    const started = performance.now() - 1000 * position.seconds;
    tell({ kind: "start", step: position.step, steps: last, device: engine.device, examples: training.length });
    const time = () => new Date().toISOString();
    await log.write({ kind: "start", step: position.step, time: time(), text: `on ${engine.device}` });
    const report = () => writeReport(folder, { name: recipe.name, recipe, lines: log.lines });
    const useEma = { ema: recipe.ema !== undefined };
    let saved = run.state === undefined ? -1 : position.step;

    async function checkpoint(): Promise<void> {
      if (saved === position.step) return;
      const path = await saveCheckpoint(folder, { position, state: await session.state() });
      saved = position.step;
      await pruneCheckpoints(folder, recipe.keep);
      tell({ kind: "checkpoint", step: position.step, path });
    }
    async function saveModel(): Promise<void> {
      const { step, images, seconds, validationLoss } = position;
      const card = modelCard(recipe, { step, images, seconds, examples: training.length, validationLoss });
      await trainer.save(await session.weights(useEma), card);
    }
    async function sample(): Promise<void> {
      await saveModel();
      const { step } = position;
      const paths: string[] = [];
      for (const { title, name, image } of await trainer.samples()) {
        const file = `${name}-${String(step).padStart(9, "0")}.png`;
        paths.push(`${folder.samples}/${file}`);
        await writePng(`${folder.samples}/${file}`, image);
        await log.write({ kind: "samples", step, title, file });
        await board.picture(step, title, { ...image, png: await encodePng(image) });
      }
      tell({ kind: "samples", step, paths });
    }
    async function measure(): Promise<void> {
      const measured = await validate(session, trainer, useEma);
      if (measured === undefined) return;
      position = { ...position, validationLoss: measured.loss };
      await log.write({ kind: "validation", step: position.step, ...measured });
      await board.scalars(position.step, prefixed("validation/", measured.scalars));
      tell({ kind: "validation", step: position.step, ...measured });
    }

    const batches = batchesFrom(position, { ...trainer.batches, batchSize: recipe.batchSize, seed: recipe.seed });
    /** The batches of the step after `step` steps, and their inputs: made while the engine is busy with the step before. */
    const prepare = async (step: number): Promise<{ group: readonly Batch[]; feeds: readonly Feeds[] }> => {
      const group = Array.from({ length: recipe.accumulate }, () => batches.next().value);
      const feeds: Feeds[] = [];
      for (const batch of group) feeds.push(await trainer.feeds(batch, step));
      return { group, feeds };
    };
    const pace = paceFrom();
    let next = position.step < last ? prepare(position.step) : undefined;
    while (next !== undefined && signal?.aborted !== true) {
      const { group, feeds } = await next;
      const { step } = position;
      next = step + 1 < last ? prepare(step + 1) : undefined;
      next?.catch(() => {}); // it is awaited in its turn, if it comes
      const learningRate = learningRateAt(step, recipe);
      const outputs = await session.train(feeds, { learningRate });
      const scalars = scalarsOf(outputs);
      const broken = nonFiniteScalar(scalars);
      if (broken !== undefined)
        throw await nonFiniteError(broken, { step, value: scalars[broken], group, names: trainer.names });

      const images = feeds.length * recipe.batchSize;
      pace.tick(images);
      const { imagesPerSecond, stepMs } = pace;
      const batch = group[group.length - 1];
      const done = step + 1;
      position = {
        ...position,
        ...batch.next,
        step: done,
        images: position.images + images,
        seconds: (performance.now() - started) / 1000,
      };
      await trainer.afterStep?.(session, { step: done, batch, outputs });
      tell({
        kind: "step",
        step: done,
        steps: last,
        epoch: batch.epoch,
        learningRate,
        imagesPerSecond,
        remainingMs: (last - done) * stepMs,
        scalars,
      });
      const isDue = (every: number) => done % every === 0;
      if (isDue(recipe.every.log) || done === last) {
        const { seconds } = position;
        await log.write({
          kind: "step",
          step: done,
          epoch: batch.epoch,
          seconds,
          learningRate,
          imagesPerSecond,
          scalars,
        });
        await board.scalars(done, { ...prefixed("training/", scalars), learningRate, imagesPerSecond });
      }
      if (isDue(recipe.every.validate) || done === recipe.steps) await measure();
      if (isDue(recipe.every.checkpoint)) await checkpoint();
      if (isDue(recipe.every.sample) && done !== recipe.steps) {
        await sample();
        await report();
      }
      await Promise.all(pending.splice(0));
    }

    await checkpoint();
    const how = position.step >= recipe.steps ? "finished" : signal?.aborted ? "interrupted" : "paused";
    if (how === "finished") await sample();
    else if (how === "paused") await saveModel();
    await Promise.all(pending.splice(0));
    await log.write({ kind: "end", step: position.step, time: time(), text: how });
    await report();
    tell({ kind: "end", step: position.step, how });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

const prefixed = (prefix: string, scalars: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [prefix + name, value]));

const namesShown = 8;

async function nonFiniteError(
  name: string,
  {
    step,
    value,
    group,
    names,
  }: {
    step: number;
    value: number;
    group: readonly Batch[];
    names: (batch: Batch) => Promise<readonly string[]>;
  },
): Promise<Error> {
  const all = (await Promise.all(group.map((batch) => names(batch)))).flat();
  const shown = all.slice(0, namesShown).map((one) => `"${one}"`);
  const more = all.length > namesShown ? ` and ${all.length - namesShown} more` : "";
  return new Error(
    `Cannot go on after step ${step}: "${name}" is ${value} for the batch of ${shown.join(", ")}${more} (a lower learning rate, a longer warm-up, a smaller clipNorm or other pictures are wanted; the weights of the last checkpoint are good)`,
  );
}
