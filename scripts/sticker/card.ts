// README.md of the sticker package: a model card, its figures from the recipe's results.

import { classTable } from "@noisette/core/evaluation/class-table";
import type { StickerEvaluation } from "./evaluate.ts";
import type { TrainedResult } from "../recipes/train-stage.ts";
import type { StageRecord } from "../recipes/stage-records.ts";
import { trainedStages } from "./recipes.ts";

/** What the card tells. */
export interface CardFacts {
  /** Absent as long as nothing is measured. */
  readonly evaluation?: StickerEvaluation;
  /** By stage. */
  readonly records: Readonly<Record<string, StageRecord | undefined>>;
  /** Of all files together, where there are weights. */
  readonly sizeBytes?: number;
}

/** The card as Markdown. */
export const stickerCard = ({ evaluation, records, sizeBytes }: CardFacts): string => `---
library_name: diffusers
pipeline_tag: text-to-image
license: other
license_name: apache-2.0-mit-cc-by-4.0-bsd-3-clause
license_link: NOTICE
language: [en, zh, ja]
tags: [stable-diffusion, emoji, stickers, transparent, noisette]
---

# @noisette/sticker

A small Stable Diffusion that draws emoji-like stickers with transparent grounds, 64 pixels wide, and the network that enlarges
them to 256. It is the model that Noisette takes when none is named.

    noisette "a red fox, 3d glossy"
    noisette "🐼, flat" --count 4
    noisette "赤いハート、フラット" --no-upscale

The folder is in diffusers' layout (\`StableDiffusionPipeline\`, with four channels in the autoencoder): AutoencoderKL, a CLIP text
encoder with a tokenizer of its own, UNet2DConditionModel; v-prediction with zero terminal SNR.
Prompts are English, Chinese, Japanese or an emoji character, best in the form "thing, style". Styles: detailed gradient; soft
round blob; 3d glossy; minimal flat; black and white icon; bold flat; classic cartoon; soft flat; outlined.

## What it is not

It knows about 1,470 things as emoji draw them, and no more: no photographs, no scenes, no writing, no likenesses. People come out
with the yellow skin of emoji. What it draws can be close to the drawings that it learnt from; the distances below say how close.

## How good it is

${evaluation === undefined ? "Not measured yet." : measurements(evaluation)}

## How it was made

Everything is done by \`npm run recipe:sticker\` (recipes/sticker in Noisette's repository) on one machine without a GPU.

| stage | steps | pictures seen | hours | machine |
|---|---:|---:|---:|---|
${trainedStages.map((stage) => stageRow(stage, records[stage])).join("\n")}
${sizeBytes === undefined ? "" : `\nAll files together are ${(sizeBytes / 1e6).toFixed(1)} MB, weights as 16-bit floats.\n`}
## Data and licences

The drawings are nine sets of emoji: Noto Emoji (two versions; Google, Apache-2.0), Fluent Emoji (three styles; Microsoft, MIT),
Twemoji (Twitter and contributors, CC BY 4.0), EmojiTwo (Ranks.com and the EmojiTwo community, CC BY 4.0), FxEmoji (Mozilla, CC BY
4.0) and Streamline Emojis (Webalys, CC BY 4.0). Names and keywords are Unicode CLDR's (via emojibase) and emojilib's. The upscaler
is Real-ESRGAN's anime-video model (Xintao Wang, BSD 3-Clause). NOTICE has the full text; keep it with the weights and with
collections of pictures made by them.
`;

const judgeIs = `The judge tells concepts and styles apart by linear discriminants on features of a MobileNetV2 that was trained on photographs
(nsfwjs's). It was fitted to the stickers that the model learnt from, so it has not seen the real drawings of held-out pairs either.
The text encoder learnt beside the same network, which said what looks alike; the judge is independent of what the UNet paints, not of that. CLIP scores are by the text encoder and that network.`;

function measurements({ sampling, heldOut, seen, autoencoder }: StickerEvaluation): string {
  const made = `${sampling.steps} steps, guidance ${sampling.guidanceScale}, seeds from ${sampling.seed}`;
  const { psnr, alphaPsnr, ssim, pictures } = autoencoder;
  return [
    judgeIs,
    ...(heldOut === undefined
      ? []
      : [
          `Asked for things in styles that it saw only apart (held-out pairs of concept and style family; ${made}):`,
          classTable(heldOut),
        ]),
    `Asked for things in styles that it learnt:`,
    classTable(seen),
    `Its autoencoder gives ${pictures} stickers that it has not seen back with a PSNR of ${psnr.toFixed(2)} dB on white${alphaPsnr === undefined ? "" : `, ${alphaPsnr.toFixed(2)} dB of alpha`}, and an SSIM of ${ssim.toFixed(3)}.`,
  ].join("\n\n");
}

function stageRow(stage: string, record: StageRecord | undefined): string {
  if (record === undefined) return `| ${stage} | | | | |`;
  const { steps, images, seconds } = record.result as TrainedResult;
  return `| ${stage} | ${steps} | ${images} | ${(seconds / 3600).toFixed(2)} | ${record.machine} |`;
}
