// Eight small autoencoders of stickers that differ in their factor and in what keeps their latents in order: trained, measured, and
// shown in docs/ablation.md. What is finished is skipped, what was stopped goes on; time and result of each stage go to
// recipes/ablation/results.json.
//
//   npm run recipe:ablation -- [--stage NAME] [--pictures N] [--threads N] [--device cpu|webgpu]
//   npm run recipe:ablation -- --tiny [--folder FOLDER]      all of it in seconds, on a dozen drawings of our own

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { modelHash } from "@noisette/core/checkpoints/model-hash";
import { autoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import type { AutoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import { encodePng } from "@noisette/core/platform/node";
import type { AutoencoderRecipe } from "@noisette/core/training/recipe/autoencoder";
import { ablationPage } from "./ablation/page.ts";
import { ablationSheet } from "./ablation/sheet.ts";
import { variantRecipe, variantsOf } from "./ablation/variants.ts";
import type { Variant } from "./ablation/variants.ts";
import { recipeCommand, root } from "./recipes/command-line.ts";
import { evenly } from "./recipes/evenly.ts";
import { kept } from "./recipes/kept.ts";
import type { RecipeRun, Stage, Stages } from "./recipes/run-stages.ts";
import { readRecords } from "./recipes/stage-records.ts";
import { readStageRecipe } from "./recipes/stage-recipe.ts";
import { trainStage } from "./recipes/train-stage.ts";
import { makeStickers, unseenStickers } from "./sticker/data.ts";

/** Where and how the recipe runs. */
export interface AblationRun extends RecipeRun {
  /** Folder of the page. */
  readonly docs: string;
  /** Stickers to measure on, at most. */
  readonly pictures: number;
}

/** Stickers on the sheet. */
const shownPictures = 2;

const outOf = ({ folder }: RecipeRun, { name }: Variant): string => join(folder, `runs/ablation-${name}`);
const unseen = async ({ folder }: RecipeRun, count: number) =>
  evenly(await unseenStickers(join(folder, "data/stickers")), count);

const trained =
  (variant: Variant): Stage<AblationRun> =>
  async (run) =>
    trainStage(await variantRecipe(variant, run), { ...run, out: outOf(run, variant) });

/** The stages in their order. */
export const stagesOf = (place: { readonly tiny: boolean }): Stages<AblationRun> => ({
  data: makeStickers,
  ...Object.fromEntries(variantsOf(place).map((variant) => [variant.name, trained(variant)])),
  async measure(run) {
    const reports: Record<string, AutoencoderReport> = {};
    for (const variant of variantsOf(run)) {
      const { name } = variant;
      const model = join(outOf(run, variant), "model");
      const { size } = await variantRecipe(variant, run);
      const hash = await modelHash([join(model, "diffusion_pytorch_model.safetensors")]);
      const key = `${name}, ${hash}, ${run.pictures} pictures`;
      reports[name] = await kept(join(run.folder, "runs/ablation-measurements.json"), key, async () =>
        autoencoderReport(run.engine, await unseen(run, run.pictures), {
          model,
          size,
          signal: run.signal,
          onProgress: (done, total) => run.progress(name, done, total),
        }),
      );
    }
    return reports;
  },
  async page(run) {
    const common = (await readStageRecipe("ablation", "autoencoder", run)) as AutoencoderRecipe;
    const variants = variantsOf(run);
    const sheet = await ablationSheet(run.engine, {
      variants,
      shown: await unseen(run, shownPictures),
      size: common.size,
      modelOf: (variant) => join(outOf(run, variant), "model"),
    });
    await mkdir(join(run.docs, "assets"), { recursive: true });
    const bytes = await encodePng(sheet);
    await writeFile(join(run.docs, "assets/ablation.png"), bytes);
    await writeFile(
      join(run.docs, "ablation.md"),
      ablationPage({ common, variants, records: await readRecords(run.results) }),
    );
    return { sheetBytes: bytes.length };
  },
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await recipeCommand({
    name: "ablation",
    stages: stagesOf,
    flags: ["pictures"],
    complete: (run, { pictures }) => ({
      ...run,
      docs: run.tiny ? join(run.folder, "docs") : join(root, "docs"),
      pictures: Number(pictures ?? (run.tiny ? 2 : 128)),
    }),
  });
}
