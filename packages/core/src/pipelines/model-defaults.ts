// What the model decides where the caller did not: sizes, steps, guidance; and seeds where none is given.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** The options of a run, nothing left open that a run needs. */
export type RunOptions = ResolvedOptions & {
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly guidanceScale: number;
  readonly seed: number;
};

/** `asked` with what was left open as the model decides it, or as `init`, the picture or latents to start from, does. */
export function withDefaults(
  asked: ResolvedOptions,
  checkpoint: Checkpoint,
  { configs }: Networks,
  init: Image | Tensor | undefined,
): RunOptions {
  const { factor } = configs.vae;
  const { family, task, networks: files } = checkpoint;
  const native = Number(files.unet.config.sample_size ?? 64) * factor;
  const isUpscaling = task === "upscaling";
  const [height, width] =
    init === undefined || asked.maskArea === "masked"
      ? [native, native]
      : "dims" in init
        ? [init.dims[2] * factor, init.dims[3] * factor]
        : isUpscaling
          ? [init.height * factor, init.width * factor]
          : [init.height, init.width];
  const randomSeed = () => Math.floor(Math.random() * 2 ** 32);
  return {
    ...asked,
    width: asked.width ?? width,
    height: asked.height ?? height,
    steps: stepsFor(asked, checkpoint),
    // The values of diffusers' pipelines.
    guidanceScale: asked.guidanceScale ?? (isUpscaling ? 9 : family === "sdxl" || family === "sdxl-refiner" ? 5 : 7.5),
    seed: asked.seed ?? randomSeed(),
    tileSize: asked.tiledDiffusion === undefined ? undefined : (asked.tileSize ?? native),
    variationSeed: asked.variationStrength > 0 ? (asked.variationSeed ?? randomSeed()) : undefined,
  };
}

/** The number of steps that `asked` says, or that such a model is usually given. */
export function stepsFor(
  { timesteps, sigmas, steps, sampler }: ResolvedOptions,
  { scheduler }: Pick<Checkpoint, "scheduler">,
): number {
  const consistency = scheduler._class_name === "LCMScheduler" || sampler === "lcm";
  return timesteps?.length ?? (sigmas === undefined ? undefined : sigmas.length - 1) ?? steps ?? (consistency ? 4 : 30);
}
