// The tasks of models that make a given picture larger.

import type { CheckpointTask } from "../checkpoints/checkpoint.ts";

/** How many times as large, with an autoencoder of `factor` pixels to a latent: SD ×4's latents are the small picture's pixels. */
const scales: Partial<Record<CheckpointTask, (factor: number) => number>> = {
  upscaling: (factor) => factor,
  "latent-upscaling": () => 2,
};

/** How many times as large a model of this task makes pictures; undefined for other models. */
export const upscalingScale = (task: CheckpointTask, factor: number): number | undefined => scales[task]?.(factor);
