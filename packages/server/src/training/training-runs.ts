// Training runs, each in a process of its own, one at a time. What a run writes is in its folder; its state is in the
// catalogue. A run whose server ended writes a checkpoint and ends too, and can be resumed.

import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { disk } from "@noisette/core/platform/node";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { readLog } from "@noisette/core/training/log";
import type { LogLine } from "@noisette/core/training/log";
import type { TrainingRow } from "../catalogue/training-runs.ts";
import { refuse } from "../guard/refuse.ts";
import { memoryEventLog } from "../jobs/event-log.ts";
import type { EventLog } from "../jobs/event-log.ts";
import type { TrainingHappening } from "../schema/training.ts";
import type { Services } from "../services.ts";
import { startProcess } from "../start-process.ts";
import type { Datasets } from "./datasets.ts";
import { withPaths } from "./recipe-paths.ts";
import type { TrainingNews, TrainingOrder } from "./training-process.ts";

/** The runs of a server. */
export interface TrainingRuns {
  readonly events: EventLog<TrainingHappening>;
  readonly datasets: Datasets;
  /** Where a run's files are. */
  folder(id: string): string;
  /** What its log holds, in this session and those before. */
  log(id: string): Promise<readonly LogLine[]>;
  /** Starts one. Throws a problem when the recipe is none, names what is not there, or another run is on. */
  start(recipe: Readonly<Record<string, unknown>>): Promise<TrainingRow>;
  resume(id: string): Promise<TrainingRow>;
  /** Asks it to write a checkpoint and end. */
  stop(id: string): Promise<void>;
  /** Stops what runs, and waits for its checkpoint. */
  close(): Promise<void>;
}

/** Training runs below `folder`. */
export async function openTrainingRuns(
  { catalogue, models, engineSettings }: Pick<Services, "catalogue" | "models" | "engineSettings">,
  { folder, datasets }: { readonly folder: string; readonly datasets: Datasets },
): Promise<TrainingRuns> {
  const { trainingRuns } = catalogue;
  await trainingRuns.recover();
  const events = memoryEventLog<TrainingHappening>({
    kept: { step: 64, validation: 64, notice: 100, samples: 1, checkpoint: 1 },
    isLast: ({ kind }) => kind === "end" || kind === "failed",
  });
  let current: { readonly id: string; readonly child: ChildProcess; readonly ended: Promise<void> } | undefined;

  const folderOf = (id: string) => join(folder, id);
  const resolved = async (recipe: Readonly<Record<string, unknown>>) => {
    const paths = await withPaths(recipe, {
      dataset: datasets.find,
      run: async (id) => ((await trainingRuns.find(id)) === undefined ? undefined : join(folderOf(id), "model")),
      model: async (id) => (await models.find(id))?.path,
    });
    try {
      return checkRecipe(paths, "recipe");
    } catch (cause) {
      throw refuse("bad-request", (cause as Error).message, { cause });
    }
  };

  function refuseSecond(): void {
    if (current !== undefined)
      throw refuse("conflict", `Cannot train: the run "${current.id}" is on (one at a time is wanted; stop it first)`);
  }

  async function run(row: TrainingRow, recipe: unknown, resume: boolean): Promise<void> {
    const child = startProcess("./training-process", import.meta.url);
    let { step } = row;
    let over: Pick<TrainingRow, "state" | "error"> | undefined;
    let lastWords = "";
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (lastWords = (lastWords + text).slice(-1000)));
    child.on("message", (news: TrainingNews) => {
      if (news.kind === "failed") over = { state: "failed", error: news.text };
      else {
        const { event } = news;
        step = event.step;
        if (event.kind === "end") {
          over = { state: event.how === "finished" ? "finished" : "stopped", error: null };
          return;
        }
        events.append(row.id, happeningOf(row.id, event));
      }
    });
    const ended = new Promise<void>((resolve) => {
      const end = async (reason: string) => {
        current = undefined;
        const { state, error } = over ?? { state: "failed" as const, error: `${reason} ${lastWords}`.trim() };
        await trainingRuns.update(row.id, { state, step, error }).catch(() => undefined);
        if (state === "failed") events.append(row.id, { kind: "failed", step, text: error! });
        else events.append(row.id, { kind: "end", step, how: state === "finished" ? "finished" : "interrupted" });
        resolve();
      };
      child.once("error", (error) => void end(`the training's process did not start: ${error.message}`));
      child.once("exit", (code, signal) => void end(`the training's process ended (${signal ?? `exit code ${code}`})`));
    });
    current = { id: row.id, child, ended };
    events.forget(row.id);
    const { device, threads } = engineSettings;
    child.send({
      kind: "train",
      recipe,
      out: folderOf(row.id),
      resume,
      engine: { device, threads },
    } satisfies TrainingOrder);
  }

  return {
    events,
    datasets,
    folder: folderOf,
    log: (id) => readLog(join(folderOf(id), "log.jsonl"), disk!),
    async start(recipe) {
      refuseSecond();
      const checked = await resolved(recipe);
      refuseSecond();
      const { name, trainer, steps } = checked;
      const row = await trainingRuns.insert({
        id: randomBytes(6).toString("hex"),
        name,
        trainer,
        recipe: { ...recipe },
        steps,
      });
      await run(row, checked, false);
      return row;
    },
    async resume(id) {
      refuseSecond();
      const row = (await trainingRuns.find(id))!;
      if (row.state === "finished") throw refuse("conflict", `Cannot resume the run "${id}": it is finished`);
      const checked = await resolved(row.recipe);
      // One that failed before its first step left nothing to go on from.
      const begun = (await disk!.entry(join(folderOf(id), "recipe.json"))) !== undefined;
      await trainingRuns.update(id, { state: "running", step: row.step, error: null });
      await run(row, checked, begun);
      return (await trainingRuns.find(id))!;
    },
    async stop(id) {
      if (current?.id !== id) throw refuse("conflict", `Cannot stop the run "${id}": it does not run`);
      current.child.send({ kind: "stop" } satisfies TrainingOrder);
    },
    async close() {
      if (current === undefined) return;
      const { child, ended } = current;
      if (child.connected) child.send({ kind: "stop" } satisfies TrainingOrder);
      await ended;
    },
  };
}

/** An event as clients see it: files by their addresses. */
function happeningOf(
  id: string,
  event: Exclude<Extract<TrainingNews, { kind: "event" }>["event"], { kind: "end" }>,
): TrainingHappening {
  if (event.kind === "samples") return { ...event, paths: event.paths.map((path) => sampleAddress(id, path)) };
  if (event.kind === "checkpoint") return { kind: "checkpoint", step: event.step };
  // JSON has no NaN and no infinity.
  if (event.kind === "step" || event.kind === "validation") {
    const scalars = Object.entries(event.scalars).map(([name, value]) => [
      name,
      Number.isFinite(value) ? value : String(value),
    ]);
    return { ...event, scalars: Object.fromEntries(scalars) as Record<string, number | string> };
  }
  return event;
}

/** Where a sample picture is. */
export const sampleAddress = (id: string, path: string): string =>
  `/v1/training/${id}/samples/${encodeURIComponent(path.split(/[\\/]/).at(-1)!)}`;
