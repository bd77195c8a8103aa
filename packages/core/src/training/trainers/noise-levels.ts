// The noise that a diffusion recipe describes, level by level.

import { alphasCumprod, betas, rescaleToZeroTerminalSnr } from "../../diffusion/betas.ts";
import { minSnrWeights, signalToNoise } from "../losses/diffusion.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";

/** √ᾱ, √(1−ᾱ) and the weight of the loss, by timestep. */
export function noiseLevels({ diffusion }: DiffusionRecipe): Record<"alpha" | "sigma" | "weight", Float32Array> {
  const { timesteps: steps, betaSchedule: schedule, betaStart: start, betaEnd: end } = diffusion;
  const plain = betas({ steps, schedule, start, end });
  const alphaBar = alphasCumprod(diffusion.zeroTerminalSnr ? rescaleToZeroTerminalSnr(plain) : plain);
  const { minSnrGamma: gamma, prediction } = diffusion;
  return {
    alpha: alphaBar.map(Math.sqrt),
    sigma: alphaBar.map((value) => Math.sqrt(1 - value)),
    weight: signalToNoise(alphaBar).map((snr) => (gamma === undefined ? 1 : minSnrWeights[prediction](snr, gamma))),
  };
}
