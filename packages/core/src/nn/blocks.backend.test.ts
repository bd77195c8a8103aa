// Blocks against diffusers' own, on the weights in the golden files.

import { beforeAll, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { multiplyDims } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { resizeNearest } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { conv2d, known } from "./layers.ts";
import { resnetBlock } from "./resnet.ts";
import { sinusoids } from "./timestep-embedding.ts";
import { spatialTransformer } from "./transformer.ts";

const transformer = (p: Params, { x, ctx }: Record<string, Value>) =>
  spatialTransformer(p, x, { heads: 2, blocks: 1, groups: 4, context: ctx });

/** Golden files, each with the block that it is of; `inputs` are the golden file's in.*. */
const blocks: readonly [golden: string, build: (p: Params, inputs: Record<string, Value>) => Value][] = [
  ["block_resnet", (p, { x, temb }) => resnetBlock(p, x, { features: 12, groups: 4, epsilon: 1e-5, embedding: temb })],
  [
    "block_resnet_scale_shift",
    (p, { x, temb }) => resnetBlock(p, x, { features: 8, groups: 4, epsilon: 1e-5, embedding: temb, scaleShift: true }),
  ],
  ["block_spatial_transformer_conv", transformer],
  ["block_spatial_transformer_linear", transformer],
  ["block_downsample", (p, { x }) => conv2d(p.at("Conv2d_0"), x, { features: known(x, 1), stride: 2 })],
  [
    "block_upsample",
    (p, { x }) => {
      const [, , height, width] = x.dims.map((dim) => multiplyDims(dim, 2));
      return conv2d(p.at("conv"), resizeNearest(x, { height, width }), { features: known(x, 1) });
    },
  ],
];

const worstError = (ours: Tensor, golden: Float32Array) =>
  Math.max(...golden.map((value, i) => Math.abs(value - ours.data[i]))) / Math.max(...golden.map(Math.abs));

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

it.each(blocks)("%s is diffusers'", async (name, build) => {
  const golden = readGolden(`train/${name}`);
  const { tensors } = await readWeights(fixturePath(`train/${name}.safetensors`));
  const named = (prefix: string) => [...tensors.keys()].filter((key) => key.startsWith(prefix));
  const feeds = Object.fromEntries(
    named("in.").map((key) => [key.slice("in.".length), goldenTensor(golden, key) as Tensor]),
  );
  const inputs = Object.fromEntries(Object.entries(feeds).map(([key, { dims }]) => [key, input(key, dims)]));
  const weights = new Map(named("param.").map((key) => [key.slice("param.".length), tensors.get(key)!]));
  const { out } = await evaluate(engine, graphOf(name, { out: build(parameters(), inputs) }), feeds, {
    tensors: weights,
  });
  expect(worstError(out, goldenFloats(golden, "out"))).toBeLessThan(1e-5);
});

const golden = readGolden("train/timestep_embedding");
const codes = [...golden.tensors.keys()].flatMap((key) => {
  const [, width, cosineFirst, shift] = /^dim(\d+)\.flip(\d)\.shift(\d)$/.exec(key) ?? [];
  return width === undefined
    ? []
    : [{ key, width: Number(width), cosineFirst: cosineFirst === "1", shift: Number(shift) }];
});
it.each(codes.filter(({ width }) => width % 2 === 0))("sinusoids() is diffusers' $key", async ({ key, ...options }) => {
  const timesteps = goldenTensor(golden, "in.t");
  const t = { dims: timesteps.dims, data: Float32Array.from(timesteps.data as Float32Array) };
  const { code } = await evaluate(engine, graphOf("code", { code: sinusoids(input("t", t.dims), options) }), {
    t,
  });
  expect(worstError(code, goldenFloats(golden, key))).toBeLessThan(1e-4); // a float32 angle of 999 is known to 6e-5
});

it("sinusoids() throws when the width is odd", () => {
  expect(() => sinusoids(input("t", [1]), { width: 13, cosineFirst: true, shift: 0 })).toThrow(
    "Cannot make sinusoids: width 13 is odd (an even one is wanted)",
  );
});
