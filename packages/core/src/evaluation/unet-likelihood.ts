// Bits per dimension of pictures under a pixel UNet without text, unconditional or by class: its evaluations as the
// variational bound takes them, and with the vector-Jacobian product that the probability-flow ODE needs beside them.

import { gradients } from "../autodiff/gradient.ts";
import { readTextlessModel } from "../checkpoints/textless-model.ts";
import type { Dataset, Example } from "../data/dataset.ts";
import { makeEstimate } from "../diffusion/denoiser.ts";
import { timestepAt } from "../diffusion/discretization.ts";
import { diffusionFromDiffusers } from "../diffusion/from-diffusers.ts";
import { scalingOf, toDenoised, toInput } from "../diffusion/parameterization.ts";
import type { ModelDiffusion } from "../diffusion/plan.ts";
import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { unet2d, unet2dGraph } from "../models/unet2d.ts";
import type { UNet2dConfig } from "../models/unet2d.ts";
import type { Engine } from "../runtime/engine.ts";
import { lincomb } from "../tensor/lincomb.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { fittedPicture, pictureTensor } from "../training/pictures.ts";
import { portions } from "../training/trainers/portions.ts";
import { bitsPerDimension, dequantize, flowLogLikelihood } from "./flow-likelihood.ts";
import { variationalBound } from "./variational-bound.ts";
import type { VariationalBound } from "./variational-bound.ts";

/** A pixel UNet's files and how it was trained. */
export interface PixelModel {
  readonly path: string;
  readonly config: UNet2dConfig;
  readonly channels: 1 | 3 | 4;
  /** Side of its pictures. */
  readonly size: number;
  readonly tensors: StoredTensors;
  readonly diffusion: ModelDiffusion;
}

/** The model in the folder `path` in diffusers layout: unet and scheduler. Throws Error when it is of another kind. */
export async function readPixelModel(path: string): Promise<PixelModel> {
  const doing = "measure likelihoods of";
  const fail = (is: string, wanted: string) => new Error(`Cannot ${doing} "${path}": ${is} (${wanted})`);
  const { config, tensors, scheduler, size, decoder } = await readTextlessModel(path, { doing });
  if (decoder !== undefined)
    throw fail("it makes latents, not pixels", "a model of pixels is wanted: only its likelihoods are pictures'");
  const diffusion = diffusionFromDiffusers(scheduler);
  const [height, width] = size;
  if (height !== width) throw fail(`its pictures are ${width}×${height}`, "a model of square ones is wanted");
  if (config.inChannels !== config.outChannels || ![1, 3, 4].includes(config.inChannels))
    throw fail(
      `its UNet goes from ${config.inChannels} to ${config.outChannels} channels`,
      "1, 3 or 4 on both sides are wanted",
    );
  if (typeof diffusion.prediction !== "string")
    throw fail(`its scheduler is ${diffusion.prediction.kind}'s`, "a variance-preserving one is wanted");
  return { path, config, channels: config.inChannels as 1 | 3 | 4, size: width, tensors, diffusion };
}

/** How to measure. */
export interface LikelihoodOptions {
  readonly batchSize?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
  /** Evaluations done, over all pictures. */
  readonly onStep?: (done: number, total: number) => void;
}

/** The variational bound of the pictures of `data`, in bits per dimension: T evaluations for each batch. */
export async function unetVariationalBound(
  engine: Engine,
  model: PixelModel,
  data: Dataset,
  {
    batchSize = 16,
    variance,
    seed = 0,
    signal,
    onStep,
  }: LikelihoodOptions & { variance?: "fixed_small" | "fixed_large" } = {},
): Promise<VariationalBound> {
  const { diffusion, config, tensors, path } = model;
  const { alphasCumprod: alphaBar, sigmas } = diffusion.discretization;
  const betas = alphaBar.map((value, t) => 1 - value / (t === 0 ? 1 : alphaBar[t - 1]));
  const estimate = makeEstimate({
    prediction: diffusion.prediction,
    clip: diffusion.clip,
    timestepOf: timestepOf(diffusion),
  });
  const network = await engine.load(unet2dGraph(config), tensors, { source: path });
  const batches = [...portions(data.length, batchSize)];
  const parts: { bound: VariationalBound; count: number }[] = [];
  try {
    for (const [b, [start, count]] of batches.entries()) {
      const { clean, labels } = await readBatch(model, data, [start, count]);
      const bound = await variationalBound(clean, {
        betas,
        variance,
        seed: seed + start,
        signal,
        async denoise(x, t) {
          const { out } = await network.run({ sample: x, timestep: repeated(t, count), ...labels }, { signal });
          const unscaled = x.data.map((value) => value * Math.hypot(sigmas[t], 1));
          return estimate(out.data, unscaled, sigmas[t]);
        },
        onStep: (done, total) => onStep?.(b * total + done, batches.length * total),
      });
      parts.push({ bound, count });
    }
  } finally {
    await network.unload();
  }
  const mean = (of: (bound: VariationalBound) => number) =>
    parts.reduce((sum, { bound, count }) => sum + (of(bound) * count) / data.length, 0);
  return {
    total: mean(({ total }) => total),
    prior: mean(({ prior }) => prior),
    reconstruction: mean(({ reconstruction }) => reconstruction),
    steps: Float64Array.from(betas, (_, t) => mean(({ steps }) => steps[t])),
  };
}

/** Bits per dimension of the pictures of `data` by the probability-flow ODE: 2·`steps` evaluations for each batch. */
export async function unetFlowLikelihood(
  engine: Engine,
  model: PixelModel,
  data: Dataset,
  { batchSize = 16, steps = 64, seed = 0, signal, onStep }: LikelihoodOptions & { steps?: number } = {},
): Promise<number> {
  const { diffusion, config, tensors, path } = model;
  const { prediction, discretization } = diffusion;
  const timestep = timestepOf(diffusion);
  const network = await engine.load(unet2dJacobianGraph(config), tensors, { source: path });
  const batches = [...portions(data.length, batchSize)];
  const logLikelihoods: number[] = [];
  try {
    for (const [b, [start, count]] of batches.entries()) {
      const { clean, labels } = await readBatch(model, data, [start, count]);
      const found = await flowLogLikelihood(dequantize(clean, seed + start), {
        sigmaMin: discretization.sigmaMin,
        sigmaMax: discretization.sigmaMax,
        steps,
        seed: seed + start,
        signal,
        async denoise(x, sigma, probe) {
          const feeds = {
            sample: tensor(x.dims, toInput(x.data, sigma, prediction)),
            timestep: repeated(timestep(sigma), count),
            probe: tensor(x.dims, probe),
            ...labels,
          };
          const { out, product } = await network.run(feeds, { signal });
          // D = c_skip·x + c_out·F(c_in·x), so vᵀ∂D/∂x = c_skip·v + c_out·c_in·vᵀ∂F.
          const { cSkip, cOut } = scalingOf(prediction, sigma);
          return {
            denoised: toDenoised(prediction, out.data, x.data, sigma),
            product: lincomb([cSkip, probe], [cOut / Math.hypot(sigma, 1), product.data]),
          };
        },
        onStep: (done, total) => onStep?.(b * total + done, batches.length * total),
      });
      logLikelihoods.push(...found);
    }
  } finally {
    await network.unload();
  }
  return bitsPerDimension(Float64Array.from(logLikelihoods), model.channels * model.size ** 2);
}

/** `unet2dGraph` with the further input `probe` and output `product`, probeᵀ·∂out/∂sample; both like the sample. */
export function unet2dJacobianGraph(config: UNet2dConfig): Graph {
  const batch = symbol("batch");
  const dims = [batch, config.inChannels, symbol("height"), symbol("width")];
  const sample = input("sample", dims);
  const out = unet2d(
    parameters(),
    {
      sample,
      timestep: input("timestep", [batch]),
      ...(config.classes !== undefined && { classLabels: input("classLabels", [batch], "int64") }),
    },
    config,
  );
  const [product] = gradients(out, [sample], input("probe", dims));
  return graphOf("unet", { out, product });
}

const timestepOf = ({ timestepOf: own, discretization }: ModelDiffusion): ((sigma: number) => number) =>
  own ?? ((sigma) => timestepAt(discretization, sigma));

const repeated = (value: number, count: number): Tensor => tensor([count], new Float32Array(count).fill(value));

/** Pictures of the model's size, and their classes where it has any. */
async function readBatch(
  { channels, size, config: { classes }, path }: PixelModel,
  data: Dataset,
  [start, count]: readonly [number, number],
): Promise<{ readonly clean: Tensor; readonly labels: Readonly<Record<string, AnyTensor>> }> {
  const examples: Example[] = [];
  for (let i = start; i < start + count; i++) examples.push(await data.read(i));
  const images = examples.map(({ image }) => fittedPicture(image, { width: size, height: size }, "crop"));
  const clean = pictureTensor(images, { channels });
  if (classes === undefined) return { clean, labels: {} };
  const numbers = examples.map(({ id, label }) => {
    if (label === undefined || !(label >= 0 && label < classes))
      throw new Error(
        `Cannot measure likelihoods of "${path}": the label of "${id}" is ${label} (0 to ${classes - 1} is wanted)`,
      );
    return BigInt(label);
  });
  return { clean, labels: { classLabels: { dims: [count], data: BigInt64Array.from(numbers) } } };
}
