// One picture through the sampler once: one size, one plan, one prompt.

import type { StepProgress } from "../diffusion/samplers/types.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Controls } from "./controls.ts";
import type { EncodedPrompt } from "./encode-conditions.ts";
import type { GuidedNetwork, Watch } from "./guided-network.ts";
import type { PassStart } from "./initial-latents.ts";
import type { PicturePrompts } from "./ip-adapters.ts";
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
  /** What steers the UNet after other pictures. */
  readonly controls?: Controls;
  /** What the sampler draws from. */
  readonly draw: PictureNoise;
  /** Where Brownian noise comes from, when not from `draw`. */
  readonly brownian?: Parameters<Sampling["sample"]>[1]["brownian"];
  /** Pictures as prompts. */
  readonly pictures?: PicturePrompts;
  /** The channels behind the latents are a picture to edit by instruction. */
  readonly edits?: boolean;
}

/** Runs `pass` to its latents. */
export async function runPass(
  pass: Pass,
  {
    networks,
    follow,
    onStep,
    watch,
    signal,
  }: {
    networks: Networks;
    /** Is told the noise levels of the pass, and of each evaluation before it is made. */
    follow: (sigma: number, sigmas: readonly number[]) => void;
    onStep: (progress: StepProgress) => Promise<void>;
    watch?: Watch;
    signal: AbortSignal;
  },
): Promise<Tensor> {
  const { sampling, latentDims, from, draw, brownian } = pass;
  const network = await passNetwork(pass, { networks, watch, signal });
  const { sigmas } = sampling.plan;
  const followed: GuidedNetwork = Object.assign(
    (input: Float32Array, timestep: number, sigma: number) => {
      follow(sigma, sigmas);
      return network(input, timestep, sigma);
    },
    network.unconditional && { unconditional: network.unconditional },
  );
  const latents = await sampling.sample(followed, {
    start: from.start,
    known: from.known,
    noise: () => draw(latentDims),
    brownian,
    signal,
    onStep,
  });
  return tensor(latentDims, latents);
}
