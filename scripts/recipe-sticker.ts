// Makes the bundled model stage by stage: data, CLIP, autoencoder, diffusion, the judge that measures it, the measurements, the
// package. What is finished is skipped, what was stopped goes on; time and result of each stage go to recipes/sticker/results.json.
//
//   npm run recipe:sticker -- [--stage NAME] [--pictures N] [--threads N] [--device cpu|webgpu]
//   npm run recipe:sticker -- --tiny [--folder FOLDER]      all of it in a minute, on a dozen drawings of our own

import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { showTraining } from "../packages/cli/src/terminal/training-progress.ts";
import { command as dataStickers } from "../packages/cli/src/commands/data-stickers.ts";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { disk } from "@noisette/core/platform/node";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import type { Device, Engine } from "@noisette/core/runtime/engine";
import { openEngine } from "@noisette/core/runtime/open-engine";
import type { TrainingEvent } from "@noisette/core/training/events";
import type { DiffusionRecipe } from "@noisette/core/training/recipe/diffusion";
import { saveJson } from "@noisette/core/checkpoints/save/model-parts";
import { writeTinyStickerSet } from "../fixtures/tiny-sticker-set.ts";
import { assembleSticker } from "./assemble-sticker.ts";
import { evaluateSticker } from "./sticker/evaluate.ts";
import type { StickerEvaluation } from "./sticker/evaluate.ts";
import { stageRecipe } from "./sticker/recipes.ts";
import type { TrainedStage } from "./sticker/recipes.ts";
import { readRecords, writeRecord } from "./sticker/stage-records.ts";
import { trainStage } from "./sticker/train-stage.ts";

/** Where and how the recipe runs. */
export interface StickerRun {
  /** Holds data/ and runs/. */
  readonly folder: string;
  /** The package's folder. */
  readonly into: string;
  /** File of the stages' records. */
  readonly results: string;
  readonly tiny: boolean;
  readonly engine: Engine;
  /** Pictures to measure, at most, of each kind. */
  readonly pictures: number;
  readonly signal?: AbortSignal;
  readonly tell: (event: TrainingEvent) => void;
  readonly say: (line: string) => void;
}

/** Does a stage and returns its result; undefined when it was stopped. */
type Stage = (run: StickerRun) => Promise<unknown>;

const outOf = ({ folder }: StickerRun, stage: TrainedStage): string => join(folder, `runs/sticker-${stage}`);
const trained =
  (stage: TrainedStage): Stage =>
  async (run) =>
    trainStage(await stageRecipe(stage, run), { ...run, out: outOf(run, stage) });

/** The stages in their order. */
export const stages = {
  async data({ folder, tiny }) {
    const out = join(folder, "data/stickers");
    if ((await disk!.entry(join(out, "hashes.json"))) === undefined) {
      if (tiny) await writeTinyStickerSet(out);
      else await dataStickers.run({ out }, []);
    }
    const { length, hash } = await openStickers(out);
    return { stickers: length, hash };
  },
  clip: trained("clip"),
  autoencoder: trained("autoencoder"),
  diffusion: trained("diffusion"),
  judge: trained("judge"),
  async evaluate(run) {
    const { samples } = (await stageRecipe("diffusion", run)) as DiffusionRecipe;
    const model = (stage: TrainedStage) => join(outOf(run, stage), "model");
    const kept = join(run.folder, "runs/sticker-evaluation.json");
    const before = JSON.parse((await disk!.readText(kept)) ?? "{}") as Partial<StickerEvaluation>;
    if (before.model === (await (await openCheckpoint(model("diffusion"))).hash())) return before;
    const evaluation = await evaluateSticker(run.engine, {
      stickers: join(run.folder, "data/stickers"),
      model: model("diffusion"),
      judge: model("judge"),
      clip: model("clip"),
      pictures: run.pictures,
      sampling: { steps: samples.steps, guidanceScale: samples.guidanceScale, seed: 0 },
      signal: run.signal,
      onProgress: (doing, done, total) => done === total && run.say(`${doing}: ${total}`),
    });
    await saveJson(kept, evaluation);
    return evaluation;
  },
  async assemble(run) {
    const { samples } = (await stageRecipe("diffusion", run)) as DiffusionRecipe;
    const preferences = { steps: samples.steps, guidanceScale: samples.guidanceScale };
    await mkdir(run.into, { recursive: true });
    return { sizeBytes: await assembleSticker({ ...run, model: join(outOf(run, "diffusion"), "model"), preferences }) };
  },
} satisfies Record<string, Stage>;

/** A stage's name. */
export type StageName = keyof typeof stages;

/** Runs the stages in their order, or one alone. False when it was stopped. */
export async function runStickerRecipe(run: StickerRun, only?: StageName): Promise<boolean> {
  for (const name of Object.keys(stages) as StageName[]) {
    if (only !== undefined && name !== only) continue;
    run.say(name);
    const started = performance.now();
    const result = await stages[name](run);
    if (result === undefined) return false;
    // What was done before keeps its date and time.
    if (JSON.stringify((await readRecords(run.results))[name]?.result) === JSON.stringify(result)) continue;
    const own = (result as { seconds?: number }).seconds;
    await writeRecord(run.results, name, { seconds: own ?? (performance.now() - started) / 1000, result });
  }
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      tiny: { type: "boolean", default: false },
      stage: { type: "string" },
      folder: { type: "string" },
      pictures: { type: "string" },
      threads: { type: "string" },
      device: { type: "string", default: "cpu" },
    },
  });
  const { tiny, stage } = values;
  if (stage !== undefined && !Object.hasOwn(stages, stage)) {
    process.stderr.write(`Cannot run the stage "${stage}": ${Object.keys(stages).join(", ")} are known\n`);
    process.exit(2);
  }
  const root = fileURLToPath(new URL("..", import.meta.url));
  // Paths in recipes and runs are relative, so that runs can move with the checkout.
  if (!tiny) process.chdir(root);
  const folder = values.folder ?? (tiny ? await mkdtemp(join(tmpdir(), "sticker-")) : ".");
  const progress = showTraining(process.stderr);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  const engine = await openEngine({
    device: values.device as Device,
    ...(values.threads !== undefined && { threads: Number(values.threads) }),
  });
  try {
    const isDone = await runStickerRecipe(
      {
        folder,
        into: tiny ? join(folder, "sticker") : join(root, "packages/sticker"),
        results: tiny ? join(folder, "results.json") : join(root, "recipes/sticker/results.json"),
        tiny,
        engine,
        pictures: Number(values.pictures ?? (tiny ? 4 : 628)),
        signal: stop.signal,
        tell: progress.event,
        say: (line) => process.stderr.write(`${line}\n`),
      },
      stage as StageName | undefined,
    );
    process.stdout.write(`${folder}: ${isDone ? "done" : "stopped; the same command goes on"}\n`);
    if (!isDone) process.exitCode = 130;
  } finally {
    progress.end();
    await engine.close();
  }
}
