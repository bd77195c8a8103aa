// docs/ablation.md from the recipe's results.

import type { AutoencoderReport } from "@noisette/core/evaluation/autoencoder-report";
import type { AutoencoderRecipe } from "@noisette/core/training/recipe/autoencoder";
import { markdownTable } from "../markdown-table.ts";
import type { StageRecord } from "../recipes/stage-records.ts";
import type { TrainedResult } from "../recipes/train-stage.ts";
import type { Variant } from "./variants.ts";

/** What the stage "measure" came to: a report by the variant's name. */
export type MeasureResult = Readonly<Record<string, AutoencoderReport>>;

/** What the page tells. */
export interface AblationFacts {
  /** The recipe that all have in common. */
  readonly common: AutoencoderRecipe;
  readonly variants: readonly Variant[];
  /** Of all stages before the page. */
  readonly records: Readonly<Record<string, StageRecord>>;
}

/** The page as Markdown. Throws Error when a stage has no result. */
export function ablationPage({ common, variants, records }: AblationFacts): string {
  const { size, steps, batchSize, autoencoder } = common;
  const missing = ["measure", ...variants.map(({ name }) => name)].find((stage) => records[stage] === undefined);
  if (missing !== undefined)
    throw new Error(`Cannot write the page: the stage "${missing}" has no result (npm run recipe:ablation makes it)`);
  const reports = records.measure.result as MeasureResult;
  const rows = variants.map(({ name, factor, kind, latentChannels }) => {
    const { psnr, alphaPsnr, ssim, codebook } = reports[name];
    const { seconds } = records[name].result as TrainedResult;
    return [
      factor,
      kind,
      `${size / factor}×${size / factor}×${latentChannels}`,
      psnr.toFixed(2),
      alphaPsnr === undefined ? "" : alphaPsnr.toFixed(2),
      ssim.toFixed(3),
      codebook === undefined
        ? ""
        : `${codebook.used} of ${codebook.codes}, perplexity ${codebook.perplexity.toFixed(0)}`,
      (seconds / 60).toFixed(0),
    ];
  });
  const { date, machine } = records.measure;
  return `# Autoencoders: how much smaller, and KL or VQ

The ablation of latent diffusion ([2112.10752](https://arxiv.org/abs/2112.10752), table 8), small: autoencoders of stickers of ${size}
pixels with transparency, each trained for the same ${steps} steps of ${batchSize} pictures, with the same features at each resolution
(${autoencoder.features.join(", ")}, the first of them at full size). They differ in the factor f by which latents are smaller along a side,
and in what keeps the latents in order: a little distance from the normal distribution (KL) or a codebook (VQ). Latent channels are
those of the paper, codebooks an eighth of its.

${markdownTable(["f", "latents", "size", "PSNR (dB)", "PSNR of alpha", "SSIM", "codes used", "minutes"], rows)}

Measured on ${reports[variants[0].name].pictures} stickers of concepts that none of them saw, on white; ${machine}, ${date}. So short a training ranks
them, and is far from what each can come to.

![Rows by f: originals, KL's copies, VQ's](assets/ablation.png)

Written by \`npm run recipe:ablation\` from [recipes/ablation](../recipes/ablation); \`noisette evaluate autoencoder\` measures others.
`;
}
