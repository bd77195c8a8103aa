// Likelihoods through a real UNet. One whose last convolution is 0 predicts v = 0, which is the best denoiser of N(0, 1):
// the flow then has to give the normal distribution's own density, whatever the other weights are.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import type { Dataset } from "../data/dataset.ts";
import { drawnShapes } from "../../../../fixtures/tiny-training.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { parametersOf } from "../graph/graph.ts";
import { unet2dConfig } from "../models/unet2d.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { pictureTensor } from "../training/pictures.ts";
import { saveJson, savePart } from "../checkpoints/save/model-parts.ts";
import { subset } from "../training/examples.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { dequantize } from "./flow-likelihood.ts";
import { readPixelModel, unet2dJacobianGraph, unetFlowLikelihood, unetVariationalBound } from "./unet-likelihood.ts";

let engine: Engine;
let root: string;
const published = {
  _class_name: "UNet2DModel",
  sample_size: 8,
  in_channels: 3,
  out_channels: 3,
  block_out_channels: [8],
  down_block_types: ["AttnDownBlock2D"],
  up_block_types: ["AttnUpBlock2D"],
  layers_per_block: 1,
  attention_head_dim: 8,
  norm_num_groups: 4,
  num_class_embeds: 2,
};
const scheduler = {
  _class_name: "DDIMScheduler",
  num_train_timesteps: 20,
  beta_start: 1e-3,
  beta_end: 0.4,
  beta_schedule: "linear",
  prediction_type: "v_prediction",
  clip_sample: false,
};
/** Opaque, with colours that are far from black and white: the levels at the ends stand for all beyond them. */
const data: Dataset = {
  ...subset(drawnShapes(), [0, 1, 2]),
  async read(index) {
    const { image, ...rest } = await drawnShapes().read(index);
    return { ...rest, image: { ...image, data: image.data.map((value, i) => (i % 4 === 3 ? 255 : 90 + value / 4)) } };
  },
};

beforeAll(async () => {
  engine = await sharedEngine();
  root = await mkdtemp(join(tmpdir(), "noisette-likelihood-"));
  const graph = unet2dJacobianGraph(unet2dConfig(published));
  const weights = (silent: boolean): [string, Tensor][] =>
    parametersOf(graph).map(({ name, dims }, i) => {
      const size = dims.reduce((a, b) => a * b, 1);
      const values = Float32Array.from(new TorchGenerator(i).randn(size), (value) => 0.3 * value);
      return [name, tensor(dims, silent && name.startsWith("conv_out") ? new Float32Array(size) : values)];
    });
  for (const name of ["silent", "random"]) {
    const tensors = weights(name === "silent");
    await savePart(join(root, name), {
      folder: "unet",
      weightsName: "diffusion_pytorch_model",
      config: published,
      tensors,
    });
    await mkdir(join(root, name, "scheduler"));
    await saveJson(join(root, name, "scheduler", "scheduler_config.json"), scheduler);
  }
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

describe("unetFlowLikelihood()", () => {
  it("unetFlowLikelihood() is the normal distribution's when the UNet is its best denoiser", async () => {
    const model = await readPixelModel(join(root, "silent"));
    const bits = await unetFlowLikelihood(engine, model, data, { steps: 48, seed: 7 });
    const { sigmaMin, sigmaMax } = model.diffusion.discretization;
    // log N(x; 0, 1 + σ_min²), and the prior is N(0, σ_max²) instead of N(0, 1 + σ_max²).
    const variance = 1 + sigmaMin ** 2;
    let nats = 0;
    const images = await Promise.all([0, 1, 2].map(async (i) => (await data.read(i)).image));
    for (const value of dequantize(pictureTensor(images, { channels: 3 }), 7).data) {
      const end = value * Math.sqrt((1 + sigmaMax ** 2) / variance);
      const exact = -(value ** 2) / (2 * variance) - 0.5 * Math.log(2 * Math.PI * variance);
      const ofPrior = (s2: number) => -(end ** 2) / (2 * s2) - 0.5 * Math.log(2 * Math.PI * s2);
      nats -= exact + ofPrior(sigmaMax ** 2) - ofPrior(1 + sigmaMax ** 2);
    }
    const wanted = nats / (3 * 3 * 64) / Math.LN2 + Math.log2(127.5);
    expect(Math.abs(bits - wanted)).toBeLessThan(2e-2); // the error of 48 Heun steps
  });

  it("unetFlowLikelihood() tells how far it is", async () => {
    const model = await readPixelModel(join(root, "random"));
    const steps: [number, number][] = [];
    await unetFlowLikelihood(engine, model, data, {
      steps: 2,
      batchSize: 2,
      onStep: (...step) => void steps.push(step),
    });
    expect(steps).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
  });
});

it("unet2dJacobianGraph() gives the vector-Jacobian product that differences give", async () => {
  const { config, tensors, path } = await readPixelModel(join(root, "random"));
  const network = await engine.load(unet2dJacobianGraph(config), tensors, { source: path });
  const dims = [1, 3, 8, 8];
  const [x, probe, direction] = [1, 2, 3].map((seed) => Float32Array.from(new TorchGenerator(seed).randn(192)));
  const at = (h: number) =>
    network.run({
      sample: tensor(
        dims,
        x.map((value, i) => value + h * direction[i]),
      ),
      timestep: tensor([1], Float32Array.of(3)),
      probe: tensor(dims, probe),
      classLabels: { dims: [1], data: BigInt64Array.of(1n) },
    });
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
  const h = 1e-2;
  const [ahead, here, behind] = [await at(h), await at(0), await at(-h)];
  const difference = (dot(probe, ahead.out.data) - dot(probe, behind.out.data)) / (2 * h);
  const product = dot(here.product.data, direction);
  expect(Math.abs(difference - product) / Math.abs(product)).toBeLessThan(1e-2);
  await network.unload();
});

describe("unetVariationalBound()", () => {
  it("unetVariationalBound() bounds the normal distribution's when the UNet is its best denoiser", async () => {
    const model = await readPixelModel(join(root, "silent"));
    const bound = await unetVariationalBound(engine, model, data, { batchSize: 2 });
    const images = await Promise.all([0, 1, 2].map(async (i) => (await data.read(i)).image));
    const x = pictureTensor(images, { channels: 3 }).data;
    const nats = x.reduce((sum, value) => sum + value ** 2 / 2 + 0.5 * Math.log(2 * Math.PI), 0);
    const entropy = nats / x.length / Math.LN2 + Math.log2(127.5);
    expect(bound.total).toBeGreaterThan(entropy - 0.3); // one draw of the noise
    expect(bound.total).toBeLessThan(entropy + 1.5); // twenty steps
    expect(bound.prior + bound.reconstruction + bound.steps.reduce((a, b) => a + b)).toBeCloseTo(bound.total, 9);
  });

  it("unetVariationalBound() needs the labels that the UNet has classes for", async () => {
    const model = await readPixelModel(join(root, "random"));
    const unlabelled = { ...data, read: async (i: number) => ({ ...(await data.read(i)), label: undefined }) };
    await expect(unetVariationalBound(engine, model, unlabelled)).rejects.toThrow(
      /^Cannot measure likelihoods of ".*random": the label of "shape 0" is undefined \(0 to 1 is wanted\)$/,
    );
  });
});

it.each([
  ["models/sd1", "its UNet is a UNet2DConditionModel (a UNet2DModel, which takes no text, is wanted)"],
  ["models/clip", "it has no unet/config.json (a folder of unet and scheduler is wanted)"],
])("readPixelModel() says what is wrong with %s", async (name, problem) => {
  const path = fixturePath(name);
  await expect(readPixelModel(path)).rejects.toThrow(`Cannot measure likelihoods of "${path}": ${problem}`);
});
