// Noise to data with a UNet that takes no text: DDPM's pictures, classes, and latent diffusion's super-resolution.

import type { SamplingPlan } from "../diffusion/plan.ts";
import { runPlan } from "../diffusion/run-plan.ts";
import type { RunOptions } from "../diffusion/run-plan.ts";
import type { Network } from "../runtime/engine.ts";
import { lincomb, scaled } from "../tensor/lincomb.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

/** What to make. */
export interface SampleOptions extends Pick<RunOptions, "noise" | "noiseSeed" | "onStep" | "signal"> {
  /** [N,C,h,w] of the result: N pictures, or their latents. */
  readonly dims: readonly [number, number, number, number];
  /** The class of each, for a UNet with classes. */
  readonly labels?: readonly number[];
  /** Classifier-free guidance (arXiv 2207.12598): by how much, away from the class that was learnt as none. */
  readonly guidance?: { readonly scale: number; readonly none: number };
  /** A picture [N,C′,h,w] that the UNet sees beside the data: what is to be enlarged. */
  readonly beside?: Tensor;
}

/**
 * Samples from pure noise along `plan`. `noise` gives N(0,1) values for all of the result, first those to start from, in the
 * order of diffusers' pipelines. `network` is of models/unet2d.ts.
 */
export async function sampleUnet2d(
  network: Network,
  plan: SamplingPlan,
  { dims, labels, guidance, beside, ...run }: SampleOptions,
): Promise<Tensor> {
  const [batch] = dims;
  const predict = async (input: Float32Array, timestep: number, classes: readonly number[] | undefined) => {
    const data = tensor(dims, input);
    const { out } = await network.run(
      {
        sample: beside === undefined ? data : joinedChannels(data, beside),
        timestep: tensor([batch], new Float32Array(batch).fill(timestep)),
        ...(classes && { classLabels: { dims: [batch], data: BigInt64Array.from(classes, BigInt) } }),
      },
      { signal: run.signal },
    );
    return out.data;
  };
  let unconditional: Float32Array | undefined;
  const guided = async (input: Float32Array, timestep: number): Promise<Float32Array> => {
    const conditional = await predict(input, timestep, labels);
    if (guidance === undefined) return conditional;
    unconditional = await predict(input, timestep, Array<number>(batch).fill(guidance.none));
    return lincomb([guidance.scale, conditional], [1 - guidance.scale, unconditional]);
  };
  const start = scaled(run.noise(), plan.initialScale);
  const options = { ...run, batch, ...(guidance && { unconditional: () => unconditional! }) };
  return tensor(dims, await runPlan(plan, guided, start, options));
}

/** a [N,C,h,w] and b [N,C′,h,w] → [N,C+C′,h,w]. */
function joinedChannels(a: Tensor, b: Tensor): Tensor {
  const [batch, channels, height, width] = a.dims;
  if (b.dims[0] !== batch || b.dims[2] !== height || b.dims[3] !== width) {
    throw new RangeError(`Cannot sample [${a.dims}] beside a picture [${b.dims}] (the same sizes are wanted)`);
  }
  const joined = tensor([batch, channels + b.dims[1], height, width]);
  const [own, others] = [a.data.length / batch, b.data.length / batch];
  for (let n = 0; n < batch; n++) {
    joined.data.set(a.data.subarray(n * own, (n + 1) * own), n * (own + others));
    joined.data.set(b.data.subarray(n * others, (n + 1) * others), n * (own + others) + own);
  }
  return joined;
}
