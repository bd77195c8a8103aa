// Hires fix: a picture made at a size that the model knows is enlarged and gone over again, as A1111 does it: with its own
// steps, all of them, and with noise of the same seed at the new size.

import type { SamplerId } from "../diffusion/samplers/index.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import { resizeImage } from "../image/resize.ts";
import type { Image } from "../image/image.ts";
import { resized } from "../tensor/resize.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { hiresUpscalers } from "./hires-upscalers.ts";
import type { HiresUpscaler, Upscaler } from "./hires-upscalers.ts";
import { startsFromClean, startsFromPicture } from "./initial-latents.ts";
import type { StartContext, Starts } from "./initial-latents.ts";
import type { RunOptions } from "./model-defaults.ts";

/** The options of the second pass; undefined where there is none. `factor` is the autoencoder's. */
export function secondPassOptions(options: RunOptions, factor: number): RunOptions | undefined {
  const { hiresScale, hiresSize } = options;
  if (hiresScale === undefined && hiresSize === undefined) return undefined;
  const side = (first: number) => Math.floor(Math.floor(first * hiresScale!) / factor) * factor;
  const [width, height] = hiresSize ?? [side(options.width), side(options.height)];
  return {
    ...options,
    width,
    height,
    prompt: options.hiresPrompt ?? options.prompt,
    negativePrompt: options.hiresNegativePrompt ?? options.negativePrompt,
    steps: options.hiresSteps ?? options.steps,
    sampler: options.hiresSampler ?? options.sampler,
    schedule: options.hiresSchedule ?? options.schedule,
    scheduleSettings: options.hiresSchedule === undefined ? options.scheduleSettings : undefined,
    // A sampler of its own draws along a path where it can.
    noise: takesPath(options.hiresSampler) ? options.noise : undefined,
    guidanceScale: options.hiresGuidanceScale ?? options.guidanceScale,
    strength: options.hiresStrength,
    strengthSteps: "exact",
  };
}

const takesPath = (sampler: SamplerId | undefined): boolean =>
  sampler === undefined || samplerTable[sampler].brownian !== undefined;

/** What the second pass starts from: the first one's latents [1,C,h,w] enlarged, or their picture enlarged and encoded again. */
export async function enlargedStarts(
  latents: Tensor,
  {
    context,
    size,
    upscaler,
    decode,
  }: {
    /** Of the second pass. */
    context: StartContext;
    size: { width: number; height: number };
    /** Enlarges the picture, instead of what the options name. */
    upscaler: Upscaler | undefined;
    decode: (latents: Tensor) => Promise<Image>;
  },
): Promise<Starts> {
  const [, , height, width] = context.latentDims;
  const id = context.options.hiresUpscaler ?? "latent-bilinear";
  const way: HiresUpscaler = hiresUpscalers[id];
  if (upscaler === undefined && "latents" in way)
    return startsFromClean(resized(latents, { height, width, mode: way.latents }).data, context);
  const picture = await decode(latents);
  const larger = (await upscaler?.(picture, { signal: context.signal })) ?? picture;
  const image = resizeImage(larger, { ...size, filter: "image" in way ? way.image : "lanczos" });
  return startsFromPicture({ image, mask: undefined }, context);
}
