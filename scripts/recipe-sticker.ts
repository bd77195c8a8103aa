// Makes the bundled model stage by stage: data; CLIP; its text tower further on; the autoencoder; its decoder further on; diffusion, the
// same with those texts, and with Muon; texts that say what things look like, and diffusion with them, of stickers as they are drawn; both
// with more colours, the texts by a wider tower; a decoder that forgives wrong latents; the judge that measures it, the measurements, the
// package. What is finished is skipped, what was stopped goes on; time and result of each stage go to recipes/sticker/results.json.
//
//   npm run recipe:sticker -- [--stage NAME] [--pictures N] [--threads N] [--device cpu|webgpu]
//   npm run recipe:sticker -- --tiny [--folder FOLDER]      all of it in a minute, on a dozen drawings of our own

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import { disk } from "@noisette/core/platform/node";
import type { DiffusionRecipe } from "@noisette/core/training/recipe/diffusion";
import { saveJson } from "@noisette/core/checkpoints/save/model-parts";
import { assembleSticker } from "./assemble-sticker.ts";
import { recipeCommand, root } from "./recipes/command-line.ts";
import type { RecipeRun, Stage, Stages } from "./recipes/run-stages.ts";
import { trainStage } from "./recipes/train-stage.ts";
import { makeStickers } from "./sticker/data.ts";
import { evaluateSticker } from "./sticker/evaluate.ts";
import type { StickerEvaluation } from "./sticker/evaluate.ts";
import { judgeFolder, makeJudge } from "./sticker/judge.ts";
import { lastDecoder, lastTrained, stageRecipe } from "./sticker/recipes.ts";
import type { TrainedStage } from "./sticker/recipes.ts";

/** Where and how the recipe runs. */
export interface StickerRun extends RecipeRun {
  /** The package's folder. */
  readonly into: string;
  /** Pictures to measure, at most, of each kind. */
  readonly pictures: number;
}

const outOf = ({ folder }: StickerRun, stage: TrainedStage): string => join(folder, `runs/sticker-${stage}`);
const trained =
  (stage: TrainedStage): Stage<StickerRun> =>
  async (run) =>
    trainStage(await stageRecipe(stage, run), { ...run, out: outOf(run, stage) });

/** The stages in their order. */
export const stages = {
  data: makeStickers,
  clip: trained("clip"),
  text: trained("text"),
  autoencoder: trained("autoencoder"),
  decoder: trained("decoder"),
  diffusion: trained("diffusion"),
  refinement: trained("refinement"),
  finish: trained("finish"),
  drafts: trained("drafts"),
  "as-drawn": trained("as-drawn"),
  colours: trained("colours"),
  wider: trained("wider"),
  details: trained("details"),
  "forgiving-decoder": trained("forgiving-decoder"),
  judge: makeJudge,
  async evaluate(run) {
    const { samples } = (await stageRecipe(lastTrained, run)) as DiffusionRecipe;
    const model = (stage: TrainedStage) => join(outOf(run, stage), "model");
    const kept = join(run.folder, "runs/sticker-evaluation.json");
    const before = JSON.parse((await disk!.readText(kept)) ?? "{}") as Partial<StickerEvaluation>;
    if (before.model === (await (await openCheckpoint(model(lastTrained))).hash())) return before;
    const evaluation = await evaluateSticker(run.engine, {
      stickers: join(run.folder, "data/stickers"),
      model: model(lastTrained),
      decoder: model(lastDecoder),
      judge: judgeFolder(run),
      clip: model("wider"),
      pictures: run.pictures,
      sampling: { steps: samples.steps, guidanceScale: samples.guidanceScale, seed: 0 },
      signal: run.signal,
      onProgress: run.progress,
    });
    await saveJson(kept, evaluation);
    return evaluation;
  },
  async assemble(run) {
    const { samples } = (await stageRecipe(lastTrained, run)) as DiffusionRecipe;
    const preferences = { steps: samples.steps, guidanceScale: samples.guidanceScale };
    await mkdir(run.into, { recursive: true });
    return {
      sizeBytes: await assembleSticker({
        ...run,
        model: join(outOf(run, lastTrained), "model"),
        decoder: join(outOf(run, lastDecoder), "model"),
        preferences,
      }),
    };
  },
} satisfies Stages<StickerRun>;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await recipeCommand({
    name: "sticker",
    stages: () => stages,
    flags: ["pictures"],
    complete: (run, { pictures }) => ({
      ...run,
      into: run.tiny ? join(run.folder, "sticker") : join(root, "packages/sticker"),
      pictures: Number(pictures ?? (run.tiny ? 4 : 628)),
    }),
  });
}
