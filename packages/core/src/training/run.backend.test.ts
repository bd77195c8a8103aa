// Whole runs at tiny sizes: they can be stopped in any way and go on as if they had not been.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnShapes, plain, tinyRecipe } from "../../../../fixtures/tiny-training.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { disk } from "../platform/node.ts";
import type { Engine } from "../runtime/engine.ts";
import { listCheckpoints, readCheckpointState } from "./checkpoint.ts";
import type { TrainingEvent } from "./events.ts";
import { readLog } from "./log.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { openRunFolder } from "./run-folder.ts";
import { train } from "./run.ts";
import type { TrainOptions } from "./run.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));
let root: string;
beforeAll(async () => void (root = await mkdtemp(join(tmpdir(), "noisette-train-"))));
afterAll(() => rm(root, { recursive: true }));

const data = drawnShapes();
/** Trains in `root`/`name` and returns the events. */
async function run(name: string, recipe: Recipe, { tell, ...options }: Partial<TrainOptions> = {}) {
  const events: TrainingEvent[] = [];
  const keep = (event: TrainingEvent) => {
    events.push(event);
    tell?.(event);
  };
  await train(recipe, { engine, data, out: join(root, name), ...options, tell: keep });
  return events;
}
/** The losses in the log, by step. */
async function losses(name: string): Promise<Record<number, unknown>> {
  const lines = await readLog(join(root, name, "log.jsonl"), disk!);
  return Object.fromEntries(lines.flatMap((line) => (line.kind === "step" ? [[line.step, line.scalars]] : [])));
}
async function lastState(name: string) {
  const { saved } = await listCheckpoints(await openRunFolder(join(root, name)));
  return readCheckpointState(saved.at(-1)!);
}

describe("train()", () => {
  // 20 examples to learn from in batches of 4: step 7 is in the second epoch.
  const recipe = tinyRecipe("pixels");
  let wanted: Record<number, unknown>;
  beforeAll(async () => {
    await run("whole", recipe);
    wanted = await losses("whole");
  });

  it("train() leaves a log, a report, samples, TensorBoard events and a model", async () => {
    expect(Object.keys(wanted)).toHaveLength(8);
    const files = await readdir(join(root, "whole"), { recursive: true });
    expect(files.map((name) => name.replace(/\.\d+\..*$/, "")).sort()).toEqual([
      "cache",
      "checkpoints",
      ...[4, 6, 8].map((step) => `checkpoints/step-00000000${step}.safetensors`),
      "events.out.tfevents",
      "log.jsonl",
      "model",
      "model/README.md",
      "model/model_index.json",
      "model/scheduler",
      "model/scheduler/scheduler_config.json",
      "model/unet",
      "model/unet/config.json",
      "model/unet/diffusion_pytorch_model.safetensors",
      "recipe.json",
      "report.html",
      "samples",
      "samples/samples-000000008.png",
    ]);
    expect(await readFile(join(root, "whole", "report.html"), "utf8")).toContain("data:image/png;base64,");
  });

  it("train() goes on bit for bit when it was killed", async () => {
    const script = fileURLToPath(new URL("../../../../fixtures/train-in-a-process.ts", import.meta.url));
    const killed = join(root, "killed");
    const changes = JSON.stringify({ every: { ...recipe.every, checkpoint: 3 } });
    const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx/esm", script, killed, changes], {
      stdio: "ignore",
    });
    const exit = once(child, "exit");
    while ((await readLog(join(killed, "log.jsonl"), disk!)).every(({ step }) => step < 4)) {
      if (child.exitCode !== null) throw new Error(`the training ended with ${child.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    child.kill("SIGKILL");
    await exit;
    const events = await run("killed", recipe, { resume: true });
    expect([3, 6]).toContain(events.find(({ kind }) => kind === "start")!.step);
    expect(await losses("killed")).toEqual(wanted);
    expect(await lastState("killed")).toEqual(await lastState("whole"));
  });

  it("train() writes a checkpoint and goes on bit for bit when it was stopped in the middle of an epoch", async () => {
    const stop = new AbortController();
    const events = await run("stopped", recipe, {
      signal: stop.signal,
      tell: (event) => void (event.kind === "step" && event.step === 3 && stop.abort()),
    });
    expect(events.slice(-2)).toEqual([
      { kind: "checkpoint", step: 3, path: expect.stringContaining("step-000000003") },
      { kind: "end", step: 3, how: "interrupted" },
    ]);
    expect(await readdir(join(root, "stopped"))).not.toContain("lock.json");
    await run("stopped", recipe, { resume: true });
    expect(await losses("stopped")).toEqual(wanted);
    expect(await lastState("stopped")).toEqual(await lastState("whole"));
  });

  it("train() refuses a folder that holds a run, changed recipes and changed data, and says what changed", async () => {
    await expect(run("whole", recipe)).rejects.toThrow(
      /^Cannot train into ".*": it holds a run at step 8 \(resume it, or another folder, is wanted\)$/,
    );
    await expect(run("none", recipe, { resume: true })).rejects.toThrow(/^Cannot resume ".*": it holds no run/);
    const more = drawnShapes({ count: 30 });
    await expect(run("whole", recipe, { resume: true, data: more })).rejects.toThrow(
      `"the data's hash" was "shapes 24 8" and is "shapes 30 8"`,
    );
    const changed = tinyRecipe("pixels", { batchSize: 2, keep: 9, steps: 9 });
    await expect(run("whole", changed, { resume: true })).rejects.toThrow(
      /: "steps" was 8 and is 9; "batchSize" was 4 and is 2 \(the recipe it began/,
    );
    const events = await run("whole", changed, { resume: true, allowChanges: true });
    expect(events.flatMap((event) => (event.kind === "notice" ? [event.text] : []))).toEqual([
      'since the run began, "steps" was 8 and is 9',
      'since the run began, "batchSize" was 4 and is 2',
      'since the run began, "keep" was 3 and is 9',
    ]);
    expect(events.at(-1)).toEqual({ kind: "end", step: 9, how: "finished" });
  });

  it("train() stops with the step, the batch and what to try when a loss is not finite", async () => {
    // A single picture, so that every batch is of it alone.
    const broken = tinyRecipe("pixels", { ...plain, learningRate: 1e30, every: { log: 1, checkpoint: 1 } });
    await expect(run("broken", broken, { data: drawnShapes({ count: 1 }) })).rejects.toThrow(
      /^Cannot go on after step \d: "(denoising\.loss|gradientNorm)" is (NaN|Infinity) for the batch of "shape 0", "shape 0", "shape 0", "shape 0" \(a lower learning rate, /,
    );
    expect((await listCheckpoints(await openRunFolder(join(root, "broken")))).saved.length).toBeGreaterThan(0);
  });

  it("train() skips examples that cannot be read and tells each once", async () => {
    const damaged = {
      ...data,
      read(index: number) {
        if (index % 5 === 0) throw new Error(`Cannot read "shape ${index}": damaged`);
        return data.read(index);
      },
    };
    const events = await run("damaged", tinyRecipe("pixels", { ...plain, steps: 7, every: { sample: 100 } }), {
      data: damaged,
    });
    const notices = events.flatMap((event) => (event.kind === "notice" ? [event.text] : []));
    expect(notices.toSorted()).toEqual(
      [0, 10, 15, 20, 5].map((index) => `Cannot read "shape ${index}": damaged: skipped`),
    );
  });
});
