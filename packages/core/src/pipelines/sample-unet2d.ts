// Noise to data with a UNet that takes no text: DDPM's pictures, classes, and latent diffusion's super-resolution.

import type { SamplingPlan } from "../diffusion/plan.ts";
import { runPlan } from "../diffusion/run-plan.ts";
import type { Network } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";

/** What to make. */
export interface SampleOptions {
  /** [N,C,h,w] of the result: N pictures, or their latents. */
  readonly dims: readonly [number, number, number, number];
  readonly seed: number | bigint;
  /** The class of each, for a UNet with classes. */
  readonly labels?: readonly number[];
  /** A picture [N,C′,h,w] that the UNet sees beside the data: what is to be enlarged. */
  readonly beside?: Tensor;
  readonly signal?: AbortSignal;
  /** Called before each evaluation of the UNet with the number of those done. */
  readonly onStep?: (done: number) => void;
}

/** Samples from pure noise along `plan`, with the draws of diffusers' pipelines. `network` is of models/unet2d.ts. */
export async function sampleUnet2d(
  network: Network,
  plan: SamplingPlan,
  { dims, seed, labels, beside, signal, onStep }: SampleOptions,
): Promise<Tensor> {
  const [batch] = dims;
  const count = elementCount(dims);
  const generator = new TorchGenerator(seed);
  const classLabels = labels && { dims: [batch], data: BigInt64Array.from(labels, BigInt) };
  let done = 0;
  const predict = async (input: Float32Array, timestep: number) => {
    onStep?.(done++);
    const data = tensor(dims, input);
    const { out } = await network.run(
      {
        sample: beside === undefined ? data : joinedChannels(data, beside),
        timestep: tensor([batch], new Float32Array(batch).fill(timestep)),
        ...(classLabels && { classLabels }),
      },
      { signal },
    );
    return out.data;
  };
  const start = generator.randn(count).map((value) => value * plan.initialScale);
  const noise = () => generator.randn(count);
  return tensor(dims, await runPlan(plan, predict, start, { noise, batch, signal }));
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
