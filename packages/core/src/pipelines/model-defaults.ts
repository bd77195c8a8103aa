// What the model decides where the caller did not: sizes, steps, guidance; and seeds where none is given.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { Image } from "../image/image.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { enlargement } from "./enlarge.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";
import { upscalingScale } from "./upscaling-tasks.ts";

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
  networks: Networks,
  init: Image | Tensor | undefined,
): RunOptions {
  const { factor } = networks.configs.vae;
  const { family, task, preferences, networks: files } = checkpoint;
  const native = Number(files.unet.config.sample_size ?? 64) * factor;
  const enlarged = upscalingScale(task, factor);
  const scale = enlargement(asked, networks);
  const [height, width] =
    init === undefined || asked.maskArea === "masked"
      ? [native, native]
      : "dims" in init
        ? [init.dims[2] * factor * (enlarged ?? 1), init.dims[3] * factor * (enlarged ?? 1)]
        : enlarged !== undefined
          ? [init.height * enlarged, init.width * enlarged]
          : beforeEnlargement(init, { native, scale });
  const randomSeed = () => Math.floor(Math.random() * 2 ** 32);
  return {
    ...asked,
    width: asked.width ?? width,
    height: asked.height ?? height,
    steps: stepsFor(asked, checkpoint),
    // The values of diffusers' pipelines.
    guidanceScale:
      asked.guidanceScale ??
      preferences.guidanceScale ??
      (enlarged !== undefined ? 9 : family === "sdxl" || family === "sdxl-refiner" ? 5 : 7.5),
    seed: asked.seed ?? randomSeed(),
    tileSize: asked.tiledDiffusion === undefined ? undefined : (asked.tileSize ?? native),
    ...(preferences.upscaler !== undefined && { upscale: asked.upscale ?? true }),
    variationSeed: asked.variationStrength > 0 ? (asked.variationSeed ?? randomSeed()) : undefined,
  };
}

/** Height and width of a run from `init`: a picture as large as enlarged ones are is taken for one of them. */
function beforeEnlargement(
  { width, height }: Image,
  { native, scale }: { native: number; scale: number },
): readonly [number, number] {
  const isEnlarged = Math.min(width, height) >= native * scale;
  return isEnlarged ? [height / scale, width / scale] : [height, width];
}

/** The number of steps that `asked` says, or that such a model is usually given. */
export function stepsFor(
  { timesteps, sigmas, steps, sampler }: ResolvedOptions,
  { scheduler, preferences }: Pick<Checkpoint, "scheduler" | "preferences">,
): number {
  const consistency = scheduler._class_name === "LCMScheduler" || sampler === "lcm";
  return (
    timesteps?.length ??
    (sigmas === undefined ? undefined : sigmas.length - 1) ??
    steps ??
    (consistency ? 4 : (preferences.steps ?? 30))
  );
}
