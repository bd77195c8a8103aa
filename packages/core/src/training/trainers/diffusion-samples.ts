// Sample pictures of a diffusion run: the saved network through the ordinary sampler.

import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { diffusionFromDiffusers } from "../../diffusion/from-diffusers.ts";
import { planFor } from "../../diffusion/plan.ts";
import { runPlan } from "../../diffusion/run-plan.ts";
import type { Engine } from "../../runtime/engine.ts";
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { pictureGrid, picturesFromTensor } from "../pictures.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { schedulerPublished } from "../save/published-configs.ts";
import type { AutoencoderFiles } from "./autoencoder-files.ts";
import { decodeAll } from "./autoencoder-files.ts";
import { unscaledLatents } from "./latents.ts";
import type { DenoisingNetwork } from "./denoising-network.ts";
import type { SamplePicture } from "./trainer.ts";

/** What to sample with. */
export interface SampleOptions {
  readonly recipe: DiffusionRecipe;
  readonly network: DenoisingNetwork;
  readonly engine: Engine;
  /** Folder of the saved model. */
  readonly model: string;
  readonly autoencoder: AutoencoderFiles | undefined;
  /** Shape of what is sampled, [N,C,h,w]. */
  readonly dims: readonly number[];
  /** Text states of the prompts and of none. */
  readonly context?: Tensor;
  readonly emptyContext?: Tensor;
  /** What the network sees beside the noise. */
  readonly seen?: Tensor;
}

/** A grid of pictures from fixed noise. */
export async function sampleDiffusion(options: SampleOptions): Promise<SamplePicture[]> {
  const { recipe, network, engine, model, autoencoder, dims, seen } = options;
  const { sampler, steps, seed, guidanceScale } = recipe.samples;
  const { tensors } = await readComponentWeights(`${model}/${network.component}`);
  const loaded = await engine.load(network.graph(), tensors, { source: model });
  const plan = planFor(diffusionFromDiffusers(schedulerPublished(recipe)), { sampler, steps });
  const draws = new TorchGenerator(seed);
  const count = dims[0];
  const length = elementCount(dims);
  const isGuided = guidanceScale > 1;

  async function predict(x: Float32Array, timestep: number, withCondition: boolean): Promise<Float32Array> {
    const out = await loaded.run({
      sample: seen === undefined ? tensor(dims, x) : joinedChannels(tensor(dims, x), seen),
      timestep: tensor([count], new Float32Array(count).fill(timestep)),
      ...(options.context && { context: withCondition ? options.context : options.emptyContext! }),
      ...(network.classes !== undefined && {
        classLabels: {
          dims: [count],
          data: BigInt64Array.from({ length: count }, (_, i) =>
            BigInt(withCondition ? i % recipe.classes! : recipe.classes!),
          ),
        },
      }),
    });
    return out.out.data;
  }
  let unconditional: Float32Array | undefined;
  let latents: Float32Array;
  try {
    latents = await runPlan(
      plan,
      async (x, timestep) => {
        const conditional = await predict(x, timestep, true);
        if (!isGuided) return conditional;
        unconditional = await predict(x, timestep, false);
        return lincomb([guidanceScale, conditional], [1 - guidanceScale, unconditional]);
      },
      scaled(draws.randn(length), plan.initialScale),
      {
        noise: () => draws.randn(length),
        batch: count,
        ...(isGuided && { unconditional: () => unconditional! }),
      },
    );
  } finally {
    await loaded.unload();
  }
  const drawn = tensor(dims, latents);
  const pictures =
    autoencoder === undefined ? drawn : await decodeAll(engine, autoencoder, unscaledLatents(drawn, autoencoder));
  const images = picturesFromTensor(pictures);
  return [{ title: "Samples", name: "samples", image: pictureGrid(images, Math.ceil(Math.sqrt(count))) }];
}

/** a [N,C,h,w] and b [N,C',h,w] as [N,C+C',h,w]. */
function joinedChannels(a: Tensor, b: Tensor): Tensor {
  const [count, channels, height, width] = a.dims;
  const [sizeA, sizeB] = [a, b].map(({ data }) => data.length / count);
  const joined = tensor([count, channels + b.dims[1], height, width]);
  for (let n = 0; n < count; n++) {
    joined.data.set(a.data.subarray(n * sizeA, (n + 1) * sizeA), n * (sizeA + sizeB));
    joined.data.set(b.data.subarray(n * sizeB, (n + 1) * sizeB), n * (sizeA + sizeB) + sizeA);
  }
  return joined;
}
