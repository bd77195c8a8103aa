// The noise that a recipe describes, level by level.

import { alphasCumprod, betas, rescaleToZeroTerminalSnr } from "../../diffusion/betas.ts";
import type { Prediction } from "../../diffusion/parameterization.ts";
import { minSnrWeights, signalToNoise } from "../losses/diffusion.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";

/** √ᾱ, √(1−ᾱ) and the weight of the loss, by timestep. */
export type NoiseLevels = Readonly<Record<"alpha" | "sigma" | "weight", Float32Array>>;

/** The levels of a model with these ᾱ. */
export const noiseLevelsOf = (
  alphaBar: Float32Array,
  { prediction, minSnrGamma: gamma }: { readonly prediction: Prediction; readonly minSnrGamma?: number },
): NoiseLevels => ({
  alpha: alphaBar.map(Math.sqrt),
  sigma: alphaBar.map((value) => Math.sqrt(1 - value)),
  weight: signalToNoise(alphaBar).map((snr) => (gamma === undefined ? 1 : minSnrWeights[prediction](snr, gamma))),
});

/** The levels of a recipe. */
export function noiseLevels({ diffusion }: DiffusionRecipe): NoiseLevels {
  const { timesteps: steps, betaSchedule: schedule, betaStart: start, betaEnd: end } = diffusion;
  const plain = betas({ steps, schedule, start, end });
  return noiseLevelsOf(alphasCumprod(diffusion.zeroTerminalSnr ? rescaleToZeroTerminalSnr(plain) : plain), diffusion);
}
