// One picture through the sampler once: one size, one plan, one prompt.

import type { StepProgress } from "../diffusion/samplers/types.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { EncodedPrompt } from "./encode-conditions.ts";
import type { Watch } from "./guided-network.ts";
import type { PassStart } from "./initial-latents.ts";
import type { Networks } from "./networks.ts";
import type { PictureNoise } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";
import { passNetwork } from "./pass-network.ts";
import type { Sampling } from "./sampling.ts";

/** A pass. */
export interface Pass {
  readonly sampling: Sampling;
  readonly options: ResolvedOptions & { readonly guidanceScale: number };
  /** [1,C,h,w]. */
  readonly latentDims: readonly number[];
  readonly prompt: EncodedPrompt;
  readonly from: PassStart;
  /** What the sampler draws from. */
  readonly draw: PictureNoise;
  /** Where Brownian noise comes from, when not from `draw`. */
  readonly brownian?: Parameters<Sampling["sample"]>[1]["brownian"];
  /** The channels behind the latents are a picture to edit by instruction. */
  readonly edits?: boolean;
}

/** Runs `pass` to its latents. */
export async function runPass(
  pass: Pass,
  {
    networks,
    onStep,
    watch,
    signal,
  }: {
    networks: Networks;
    onStep: (progress: StepProgress) => Promise<void>;
    watch?: Watch;
    signal: AbortSignal;
  },
): Promise<Tensor> {
  const { sampling, latentDims, from, draw, brownian } = pass;
  const network = await passNetwork(pass, { networks, watch, signal });
  const latents = await sampling.sample(network, {
    start: from.start,
    known: from.known,
    noise: () => draw(latentDims),
    brownian,
    signal,
    onStep,
  });
  return tensor(latentDims, latents);
}
