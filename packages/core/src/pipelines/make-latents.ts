// One picture through its passes, from its random numbers to its latents.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { PictureDecoder } from "./decode-picture.ts";
import { enlargedStarts } from "./hires.ts";
import type { Upscaler } from "./hires-upscalers.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import { picturePrompts } from "./ip-adapters.ts";
import type { EncodedPictures } from "./ip-adapters.ts";
import type { RunOptions } from "./model-defaults.ts";
import type { Networks } from "./networks.ts";
import { explainNonFinite } from "./non-finite.ts";
import { pictureNoise, stepNoise } from "./noise.ts";
import { runPass } from "./pass.ts";
import type { Pass, PlannedPass } from "./passes.ts";
import type { StepEvents } from "./step-events.ts";
import type { PictureSeeds } from "./variation.ts";
import { startNoise } from "./variation.ts";
import { wordAttention } from "./word-attention.ts";
import type { WordAttention } from "./word-attention.ts";

/** What all pictures of a run share. */
export interface LatentsContext {
  readonly checkpoint: Checkpoint;
  readonly networks: Networks;
  readonly options: RunOptions;
  readonly passes: readonly PlannedPass[];
  /** Of the first pass. */
  readonly starts: Starts;
  readonly encodedPictures: readonly EncodedPictures[];
  readonly upscaler: Upscaler | undefined;
  readonly decode: PictureDecoder;
  readonly onSteps: StepEvents;
  readonly signal: AbortSignal;
}

/** Which picture, and its seeds. */
export interface PictureDraws {
  readonly number: number;
  /** The number of its prompt. */
  readonly prompt: number;
  readonly seeds: PictureSeeds;
  /** Where pictures are drawn together: its place among them. */
  readonly batch: { readonly index: number; readonly size: number } | undefined;
}

/** Latents [1,C,h,w] of a picture, and where its words were looked at, if that is asked for. */
export async function makeLatents(
  { checkpoint, networks, options, passes, starts, encodedPictures, upscaler, decode, onSteps, signal }: LatentsContext,
  { number, prompt: own, seeds, batch }: PictureDraws,
): Promise<{ readonly latents: Tensor; readonly attention: WordAttention | undefined }> {
  const { factor } = networks.configs.vae;
  const brownian = options.brownianSeed === "seed" ? { noiseSeed: seeds.seed, noiseBatch: batch } : undefined;
  let latents: Tensor | undefined;
  let attention: WordAttention | undefined;
  let stepsBefore = 0;
  for (const pass of passes) {
    const { latentDims, sampling } = pass;
    const context = startContext(pass, { networks, signal });
    const from =
      latents === undefined ? starts : await enlargedStarts(latents, { context, size: pass.options, upscaler, decode });
    const draw = pictureNoise({ seed: seeds.seed, rng: options.rng, batch });
    const prompt = pass.prompts[own];
    if (options.attention && latents === undefined)
      attention = wordAttention(networks.configs.unet, {
        words: prompt.positive.words ?? [],
        sigmas: sampling.plan.sigmas,
        latentDims,
        steps: options.attentionSteps,
      });
    latents = await runPass(
      {
        ...pass,
        prompt,
        from: from({ draw, noise: () => startNoise(draw, latentDims, { seeds, options, factor }) }),
        draw: stepNoise(draw, { ...options, ...seeds, batch }),
        brownian,
        pictures: picturePrompts(encodedPictures, sampling.plan.timesteps),
        edits: checkpoint.task === "instruct-pix2pix",
      },
      {
        ...pass.concepts[own],
        onStep: onSteps({ picture: number, stepsBefore, latentDims }),
        watch: latents === undefined ? attention : undefined,
        signal,
      },
    ).catch(async (error: unknown) => {
      throw await explainNonFinite(error, checkpoint);
    });
    stepsBefore += sampling.steps;
  }
  return { latents: latents!, attention };
}

/** What the starts of `pass` are made with. */
export const startContext = (
  pass: Pass,
  { networks, signal }: Pick<StartContext, "networks" | "signal">,
): StartContext => ({ ...pass, networks, signal });
