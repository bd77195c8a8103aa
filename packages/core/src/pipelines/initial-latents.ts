// Where denoising starts from when it is not pure noise.

import type { Image } from "../image/image.ts";
import { tensorFromImage } from "../image/pixels.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Networks } from "./networks.ts";

/** A start for the sampler. */
export type Start =
  /** Clean latents x₀ to be noised to the first noise level. */
  | { readonly kind: "clean"; readonly latents: Float32Array }
  /** Latents that are noisy already, as another model handed them over. */
  | { readonly kind: "noisy"; readonly latents: Float32Array };

/** The start that `init` gives: a picture is encoded, and its latents drawn from the posterior as diffusers draws them. */
export async function initialLatents(
  init: Image | Tensor | undefined,
  {
    networks,
    latentDims,
    noise,
    signal,
  }: {
    networks: Networks;
    latentDims: readonly number[];
    noise: (dims: readonly number[]) => Float32Array;
    signal: AbortSignal;
  },
): Promise<Start | undefined> {
  if (init === undefined) return undefined;
  if ("dims" in init) {
    if (init.dims.length !== 4 || init.dims.some((dim, i) => dim !== latentDims[i]))
      throw new RangeError(`Cannot start from latents [${init.dims}]: [${latentDims}] is wanted`);
    return { kind: "noisy", latents: init.data };
  }
  const { vae } = networks.configs;
  const [, , height, width] = latentDims;
  if (init.height !== height * vae.factor || init.width !== width * vae.factor) {
    throw new RangeError(
      `Cannot start from a picture of ${init.width}×${init.height}: ${width * vae.factor}×${height * vae.factor} is wanted`,
    );
  }
  const { mean, logVariance } = await (
    await networks.get("encoder", signal)
  ).run({ image: tensorFromImage(init) }, { signal });
  const epsilon = noise(latentDims);
  // z = mean + σ·ε with log σ² limited to [-30, 20].
  const latents = mean.data.map(
    (m, i) =>
      (m + Math.exp(0.5 * Math.min(Math.max(logVariance.data[i], -30), 20)) * epsilon[i] - vae.shiftFactor) *
      vae.scalingFactor,
  );
  return { kind: "clean", latents };
}
