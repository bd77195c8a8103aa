import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../fixtures/shared-engine.ts";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { load } from "@noisette/core";
import type { Engine } from "@noisette/core/runtime/engine";
import { readSafetensors } from "@noisette/core/safetensors/read";
import { stages } from "./recipe-sticker.ts";
import type { StickerRun } from "./recipe-sticker.ts";
import { runStages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";
import { packageNotice } from "./sticker/notice.ts";
import { stageRecipe, trainedStages } from "./sticker/recipes.ts";
import type { TrainedStage } from "./sticker/recipes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sticker-"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe("stageRecipe()", () => {
  const trainers: Partial<Record<TrainedStage, string>> = {
    text: "clip",
    drafts: "clip",
    decoder: "autoencoder",
    refinement: "diffusion",
    finish: "diffusion",
    "as-drawn": "diffusion",
    colours: "clip",
    wider: "clip",
    details: "diffusion",
    "forgiving-decoder": "autoencoder",
  };
  it.each(trainedStages)("stageRecipe() of %s is a recipe that the trainer takes, full or tiny", async (stage) => {
    for (const tiny of [false, true]) {
      const recipe = await stageRecipe(stage, { folder: tiny ? folder : ".", tiny });
      expect(recipe.trainer).toBe(trainers[stage] ?? stage);
      expect(recipe.data.path).toMatch(tiny ? `${folder}/data/stickers` : /^data\/stickers/);
      expect(checkRecipe(JSON.parse(JSON.stringify(recipe)), "again")).toEqual(recipe);
    }
  });
});

describe("runStages()", () => {
  it("runStages() goes through all stages when tiny, on after it was stopped, and makes a package that load() takes", async () => {
    const said: string[] = [];
    let stop = new AbortController();
    const run = (): StickerRun => ({
      folder,
      into: join(folder, "sticker"),
      results: join(folder, "results.json"),
      tiny: true,
      engine,
      pictures: 3,
      signal: stop.signal,
      tell: ({ kind, step }) => kind === "step" && step === 4 && said.includes("autoencoder") && stop.abort(),
      say: (line) => said.push(line),
      progress: () => {},
    });
    expect(await runStages(stages, run())).toBe(false);
    expect(said).toEqual(["data", "clip", "text", "autoencoder"]);
    const { clip } = await readRecords(join(folder, "results.json"));
    said.length = 0;
    stop = new AbortController();
    expect(await runStages(stages, { ...run(), tell: () => {} })).toBe(true);

    const records = await readRecords(join(folder, "results.json"));
    expect(Object.keys(records)).toEqual(Object.keys(stages));
    expect(records.clip).toEqual(clip);
    expect(records.autoencoder.result).toMatchObject({ steps: 6, images: 24 });
    const log = await readFile(join(folder, "runs/sticker-autoencoder/log.jsonl"), "utf8");
    expect(log.match(/"kind":"start"/g)).toHaveLength(2);

    const card = await readFile(join(folder, "sticker/README.md"), "utf8");
    expect(card).toContain("| details | 6 | 24 |");
    expect(card).toMatch(/\| generated \| 3 \| [\d.]+ % /);
    const weights = await readSafetensors(join(folder, "sticker/unet/diffusion_pytorch_model.safetensors"));
    expect(new Set([...weights.tensors.values()].map(({ type }) => type))).toEqual(new Set(["F16"]));
    const model = await load(join(folder, "sticker"), { device: "cpu", threads: 1 });
    try {
      const { images } = await model.generate({ prompt: "🦊, flat", seed: 1 });
      expect(images[0].image).toMatchObject({ width: 64, height: 64, channels: 4 });
      expect(images[0].record).toMatchObject({
        options: { steps: 2, guidanceScale: 2, width: 16 },
        enlarged: { name: "realesr-animevideov3-x4", scale: 4 },
      });
    } finally {
      await model.close();
    }
    // Loading the graphs of five networks' training steps is most of it.
  }, 240_000);
});

describe("@noisette/sticker", () => {
  it("package.json lists every part of the model, and NOTICE is the one of the data", async () => {
    const folder = join(root, "packages/sticker");
    const { files, version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as {
      files: string[];
      version: string;
    };
    const core = JSON.parse(await readFile(join(root, "packages/core/package.json"), "utf8")) as { version: string };
    expect(version).toBe(core.version);
    for (const part of [
      "model_index.json",
      "unet",
      "vae",
      "text_encoder",
      "tokenizer",
      "scheduler",
      "upscaler",
      "NOTICE",
    ])
      expect(files).toContain(part);
    expect(await readFile(join(folder, "NOTICE"), "utf8")).toBe(packageNotice);
    expect((await stat(join(folder, "upscaler/LICENSE"))).isFile()).toBe(true);
  });
});
