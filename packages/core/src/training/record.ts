// What is told of a run, in all the places where it is: to the caller, in the log, in TensorBoard's file, in the report, as
// sample pictures.

import { encodePng } from "#platform";
import { writePng } from "../image/png.ts";
import type { TrainingEvent } from "./events.ts";
import { openLog } from "./log.ts";
import type { Scalars } from "./log.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { writeReport } from "./report/write-report.ts";
import type { RunFolder } from "./run-folder.ts";
import { openEventFile } from "./tensorboard.ts";
import type { SamplePicture } from "./trainers/trainer.ts";

type Event<K extends TrainingEvent["kind"]> = Omit<Extract<TrainingEvent, { kind: K }>, "kind">;

/** The record of a run, open for writing. */
export interface RunRecord {
  start(event: Event<"start">): Promise<void>;
  /** Is in the log at the latest when the record is closed. */
  notice(event: Event<"notice">): void;
  /** `isLogged`: in the log too, and not to the caller alone. */
  step(event: Event<"step">, options: { readonly seconds: number; readonly isLogged: boolean }): Promise<void>;
  validation(event: Event<"validation">): Promise<void>;
  checkpoint(event: Event<"checkpoint">): void;
  samples(step: number, pictures: readonly SamplePicture[]): Promise<void>;
  end(event: Event<"end">): Promise<void>;
  close(): Promise<void>;
}

/** How a record is opened. */
export interface OpenRecordOptions {
  readonly recipe: Recipe;
  /** Steps done; undefined for a run that begins: what an earlier one left is forgotten. */
  readonly resumedAt: number | undefined;
  readonly tell: (event: TrainingEvent) => void;
}

/** Opens the record in `folder`. */
export async function openRecord(
  folder: RunFolder,
  { recipe, resumedAt, tell }: OpenRecordOptions,
): Promise<RunRecord> {
  const { disk, samples } = folder;
  const log = await openLog(folder.log, { disk, step: resumedAt ?? -1 });
  const board = await openEventFile(folder.path, { disk, step: resumedAt ?? 0 });
  const pending: Promise<void>[] = [];
  const time = () => new Date().toISOString();
  const report = () => writeReport(folder, { name: recipe.name, recipe, lines: log.lines });
  return {
    async start(event) {
      tell({ kind: "start", ...event });
      await log.write({ kind: "start", step: event.step, time: time(), text: `on ${event.device}` });
    },
    notice(event) {
      tell({ kind: "notice", ...event });
      const written = log.write({ kind: "notice", ...event });
      written.catch(() => {}); // thrown when the record is closed
      pending.push(written);
    },
    async step(event, { seconds, isLogged }) {
      tell({ kind: "step", ...event });
      if (!isLogged) return;
      const { step, epoch, learningRate, imagesPerSecond, scalars } = event;
      await log.write({ kind: "step", step, epoch, seconds, learningRate, imagesPerSecond, scalars });
      await board.scalars(step, { ...prefixed("training/", scalars), learningRate, imagesPerSecond });
    },
    async validation(event) {
      tell({ kind: "validation", ...event });
      await log.write({ kind: "validation", ...event });
      await board.scalars(event.step, prefixed("validation/", event.scalars));
    },
    checkpoint: (event) => tell({ kind: "checkpoint", ...event }),
    async samples(step, pictures) {
      const paths: string[] = [];
      for (const { title, name, image } of pictures) {
        const file = `${name}-${String(step).padStart(9, "0")}.png`;
        paths.push(`${samples}/${file}`);
        await writePng(`${samples}/${file}`, image);
        await log.write({ kind: "samples", step, title, file });
        await board.picture(step, title, { ...image, png: await encodePng(image) });
      }
      tell({ kind: "samples", step, paths });
      await report();
    },
    async end(event) {
      await log.write({ kind: "end", step: event.step, time: time(), text: event.how });
      await report();
      tell({ kind: "end", ...event });
    },
    async close() {
      try {
        await Promise.all(pending);
      } finally {
        await log.close();
        await board.close();
      }
    },
  };
}

const prefixed = (prefix: string, scalars: Scalars): Record<string, number> =>
  Object.fromEntries(Object.entries(scalars).map(([name, value]) => [prefix + name, value]));
