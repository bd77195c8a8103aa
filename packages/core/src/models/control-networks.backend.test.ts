// ControlNets and T2I-Adapters against what the UNet takes: shapes at any size, and nothing added when nothing is told.

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import type { Graph } from "../graph/graph.ts";
import { parametersOf } from "../graph/graph.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { controlNetConfig } from "./controlnet-config.ts";
import { controlNetGraph } from "./controlnet.ts";
import { t2iAdapterConfig, t2iAdapterGraph } from "./t2i-adapter.ts";
import type { T2IAdapterConfig } from "./t2i-adapter.ts";
import { unetConfig } from "./unet-config.ts";
import { encodingDims, featureDims } from "./unet-encoder.ts";
import { unetGraph } from "./unet.ts";

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await sharedEngine();
  folder = mkdtempSync(join(tmpdir(), "control-networks-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
});

const weights = "diffusion_pytorch_model.safetensors";
const configOf = (name: string) => JSON.parse(readFileSync(fixturePath(`models/${name}/config.json`), "utf8"));
const tensorsOf = async (name: string) => (await readWeights(fixturePath(`models/${name}/${weights}`))).tensors;
const wave = (dims: readonly number[], frequency: number): Tensor =>
  tensor(
    dims,
    Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(frequency * i)),
  );
const step = (h: number, w: number) => ({
  sample: wave([2, 4, h, w], 0.7),
  timestep: tensor([2], Float32Array.of(500, 500)),
  context: wave([2, 5, 24], 0.3),
});
const dimsOf = (outputs: Record<string, Tensor>) => Object.values(outputs).map(({ dims }) => dims);

it.each([
  [8, 8],
  [9, 13],
])("controlNetGraph() tells the UNet what it takes when latents are %i×%i", async (h, w) => {
  const picture = wave([2, 3, 8 * h, 8 * w], 0.01);
  const graph = controlNetGraph(controlNetConfig(configOf("controlnet-sd1")));
  const feeds = step(h, w);
  const residuals = await evaluate(
    engine,
    graph,
    { ...feeds, picture },
    { tensors: await tensorsOf("controlnet-sd1") },
  );
  const config = unetConfig(configOf("sd1/unet"));
  const { skips, middle } = encodingDims(config, feeds.sample.dims);
  expect(dimsOf(residuals)).toEqual([...skips, middle]);

  const own = { tensors: await tensorsOf("sd1/unet") };
  const controlled = unetGraph(config, { withResiduals: true });
  const { out: plain } = await evaluate(engine, unetGraph(config), feeds, own);
  const { out: steered } = await evaluate(engine, controlled, { ...feeds, ...residuals }, own);
  expect(steered.data).not.toEqual(plain.data);
  const nothing = Object.fromEntries(Object.entries(residuals).map(([name, { dims }]) => [name, tensor([...dims])]));
  const { out: unmoved } = await evaluate(engine, controlled, { ...feeds, ...nothing }, own);
  unmoved.data.forEach((value, i) => expect(value).toBeCloseTo(plain.data[i], 5));
});

it("controlNetGraph() tells the mean of each output when it pools", async () => {
  const config = controlNetConfig(configOf("controlnet-sd1"));
  const feeds = { ...step(4, 8), picture: wave([2, 3, 32, 64], 0.01) };
  const tensors = await tensorsOf("controlnet-sd1");
  const whole = await evaluate(engine, controlNetGraph(config), feeds, { tensors });
  const pooled = await evaluate(engine, controlNetGraph({ ...config, globalPool: true }), feeds, { tensors });
  for (const [name, { dims, data }] of Object.entries(whole)) {
    const size = dims[2] * dims[3];
    for (let plane = 0; plane < dims[0] * dims[1]; plane++) {
      const mean = data.subarray(plane * size, (plane + 1) * size).reduce((sum, value) => sum + value / size, 0);
      for (let i = 0; i < size; i++) expect(pooled[name].data[plane * size + i]).toBeCloseTo(mean, 4);
    }
  }
});

/** A network whose weights are `value(name, i)`, run once. */
async function withWeights(graph: Graph, feeds: Record<string, Tensor>, value: (name: string, i: number) => number) {
  const path = join(folder, `${Math.random()}.safetensors`);
  const made = parametersOf(graph).map(({ name, dims }): [string, Tensor] => [
    name,
    tensor(
      [...dims],
      Float32Array.from({ length: elementCount(dims) }, (_, i) => value(name, i)),
    ),
  ]);
  await writeSafetensors(path, made);
  return evaluate(engine, graph, feeds, { tensors: (await readWeights(path)).tensors });
}

it("t2iAdapterGraph() halves by means, of two or one where a side is odd, when its convolutions hand on", async () => {
  const config: T2IAdapterConfig = {
    type: "full_adapter",
    pictureChannels: 1,
    features: [1, 1],
    resnets: 1,
    unshuffle: 1,
  };
  const picture = wave([1, 1, 5, 3], 1);
  // The middle of the first convolution's 3×3 is 1; the residual blocks add nothing.
  const outputs = await withWeights(t2iAdapterGraph(config), { picture }, (name, i) =>
    name === "adapter.conv_in.weight" && i === 4 ? 1 : 0,
  );
  expect(outputs["feature.0"].data).toEqual(picture.data);
  expect(outputs["feature.1"].dims).toEqual([1, 1, 3, 2]);
  const mean = (...places: number[]) => places.reduce((sum, i) => sum + picture.data[i], 0) / places.length;
  const wanted = [mean(0, 1, 3, 4), mean(2, 5), mean(6, 7, 9, 10), mean(8, 11), mean(12, 13), mean(14)];
  outputs["feature.1"].data.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 6));
});

it.each([
  ["full_adapter", "sd1/unet", 8],
  ["light_adapter", "sd1/unet", 8],
  ["full_adapter_xl", "sdxl/unet", 16],
] as const)("t2iAdapterGraph() tells the UNet what it takes when it is a %s", async (type, folder, unshuffle) => {
  const unet = unetConfig(configOf(folder));
  const wanted = featureDims(unet, [1, 4, 10, 12]) as number[][];
  const widths = wanted.map(([, width]) => width).slice(0, 4);
  const channels = type === "light_adapter" ? widths.slice(0, -1) : widths;
  const config = t2iAdapterConfig({ adapter_type: type, channels, num_res_blocks: 1, downscale_factor: unshuffle });
  const [[, , height, width]] = wanted;
  const picture = wave([1, 3, height * unshuffle, width * unshuffle], 0.01);
  const features = await withWeights(t2iAdapterGraph(config), { picture }, (_, i) => 0.1 * Math.sin(i));
  expect(dimsOf(features)).toEqual(wanted.slice(0, 4));
  const graph = unetGraph(unet, { pooledWidth: 40, features: 4 });
  const added: Record<string, Tensor> =
    unet.textTime === undefined ? {} : { textEmbeds: wave([1, 40], 0.2), timeIds: wave([1, 6], 0.1) };
  const feeds = {
    sample: wave([1, 4, 10, 12], 0.7),
    timestep: tensor([1], Float32Array.of(500)),
    context: wave([1, 5, unet.contextWidth], 0.3),
    ...added,
  };
  const tensors = await tensorsOf(folder);
  const { out } = await evaluate(engine, graph, { ...feeds, ...features }, { tensors });
  const { out: plain } = await evaluate(engine, unetGraph(unet, { pooledWidth: 40 }), feeds, { tensors });
  expect(out.dims).toEqual([1, 4, 10, 12]);
  expect(out.data).not.toEqual(plain.data);
});
