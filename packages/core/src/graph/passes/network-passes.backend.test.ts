import { beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import type { Engine } from "../../runtime/engine.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { symbol } from "../dim.ts";
import type { Graph } from "../graph.ts";
import { graphOf } from "../graph.ts";
import { attention } from "../ops/attention.ts";
import { conv2d } from "../ops/convolution.ts";
import { resizeNearest } from "../ops/shape.ts";
import { constant, input } from "../ops/source.ts";
import { within } from "../scope.ts";
import type { Value } from "../value.ts";
import { multiplyDims } from "../dim.ts";
import { attentionMaps } from "./attention-maps.ts";
import { circularPadding } from "./circular-padding.ts";
import { perturbedAttention } from "./perturbed-attention.ts";

const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)) as Float32Array);
const weight = (dims: readonly number[], seed: number) => constant(random(dims, seed).data, dims);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

/** x [1,C,H,W] moved down and right, what leaves coming in again. */
function rolled({ dims, data }: Tensor, down: number, right: number): Tensor {
  const [, channels, h, w] = dims;
  const result = tensor(dims);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++)
        result.data[(c * h + ((y + down) % h)) * w + ((x + right) % w)] = data[(c * h + y) * w + x];
  return result;
}

/** Convolutions with stride and growth, as in a UNet. */
function pyramid(): Graph {
  const x = input("x", [1, 2, symbol("height"), symbol("width")]);
  const same = conv2d(x, weight([3, 2, 3, 3], 1), weight([3], 2), { stride: 1, padding: [1, 1, 1, 1] });
  const half = conv2d(same, weight([4, 3, 3, 3], 3), undefined, { stride: 2, padding: [1, 1, 1, 1] });
  const [, , height, width] = half.dims;
  const large = resizeNearest(half, { height: multiplyDims(height, 2), width: multiplyDims(width, 2) });
  return graphOf("pyramid", {
    y: conv2d(large, weight([2, 4, 3, 3], 4), undefined, { stride: 1, padding: [1, 1, 1, 1] }),
  });
}

/** Two attentions, one after the other, at named places. */
function twoAttentions(): { graph: Graph; values: Record<string, Value> } {
  const [n, t] = [symbol("batch"), symbol("tokens")];
  const [q, k, v] = ["q", "k", "v"].map((name) => input(name, [n, t, 8]));
  const first = within("block.0.attn1", () => attention(q, k, v, { heads: 2 }));
  const second = within("block.1.attn1", () => attention(first, k, v, { heads: 2 }));
  return { graph: graphOf("attentions", { first, second }), values: { q, k, v } };
}

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

describe("graph passes", () => {
  const x = random([1, 2, 6, 8], 5);

  it.each([
    ["x", 0, 2],
    ["y", 4, 0],
    ["xy", 2, 6],
  ] as const)("circularPadding() %s moves the result with the input", async (axes, down, right) => {
    const graph = circularPadding(pyramid(), axes);
    const { y } = await evaluate(engine, graph, { x });
    const moved = await evaluate(engine, graph, { x: rolled(x, down, right) });
    expect(largest(moved.y.data, rolled(y, down, right).data)).toBeLessThan(1e-4);
    const plain = await evaluate(engine, pyramid(), { x: rolled(x, down, right) });
    expect(
      largest(plain.y.data, rolled((await evaluate(engine, pyramid(), { x })).y, down, right).data),
    ).toBeGreaterThan(0.1);
  });

  it("circularPadding() leaves what does not touch the edges", async () => {
    const { y } = await evaluate(engine, circularPadding(pyramid(), "x"), { x });
    const plain = (await evaluate(engine, pyramid(), { x })).y;
    const inner = [...y.data.keys()].filter((i) => i % 8 > 3 && i % 8 < 5);
    for (const i of inner) expect(y.data[i]).toBeCloseTo(plain.data[i], 4);
  });

  it("perturbedAttention() gives values themselves where it is asked to, and else the same bytes", async () => {
    const { graph } = twoAttentions();
    const feeds = { q: random([2, 5, 8], 6), k: random([2, 5, 8], 7), v: random([2, 5, 8], 8) };
    const plain = await evaluate(engine, graph, feeds);
    const traced = perturbedAttention(graph, (scope) => scope.startsWith("block.0"));
    const mixed = await evaluate(engine, traced, { ...feeds, perturbed: tensor([2], Float32Array.of(0, 1)) });
    const half = plain.first.data.length / 2;
    expect(mixed.first.data.subarray(0, half)).toEqual(plain.first.data.subarray(0, half));
    expect(mixed.second.data.subarray(0, half)).toEqual(plain.second.data.subarray(0, half));
    expect(largest(mixed.first.data.subarray(half), feeds.v.data.subarray(half))).toBeLessThan(1e-6);
    expect(largest(mixed.second.data.subarray(half), plain.second.data.subarray(half))).toBeGreaterThan(1e-3);
  });

  it("perturbedAttention() refuses layers that are not there, naming those that are", () => {
    expect(() => perturbedAttention(twoAttentions().graph, () => false)).toThrow(
      /^Cannot perturb attention: none of the layers is meant \(block\.0\.attn1, block\.1\.attn1 are there\)$/,
    );
  });

  it("attentionMaps() tells how much each query looks at each key, heads averaged and layers of one name added", async () => {
    const { graph } = twoAttentions();
    const traced = attentionMaps(graph, (scope) => (scope.endsWith("attn1") ? "map" : undefined));
    const feeds = { q: random([1, 3, 8], 6), k: random([1, 3, 8], 7), v: random([1, 3, 8], 8) };
    const { map, first } = await evaluate(engine, traced, feeds);
    expect(map.dims).toEqual([1, 3, 3]);
    const expected = [weights(feeds.q, feeds.k), weights(first, feeds.k)];
    for (let i = 0; i < 9; i++) expect(map.data[i]).toBeCloseTo(expected[0][i] + expected[1][i], 4);
  });
});

/** Mean over two heads of width 4 of softmax(q·kᵀ/2) [3,3]. */
function weights(q: Tensor, k: Tensor): number[] {
  const mean = new Array<number>(9).fill(0);
  for (const head of [0, 4]) {
    for (let t = 0; t < 3; t++) {
      const scores = [0, 1, 2].map((s) => {
        let sum = 0;
        for (let i = 0; i < 4; i++) sum += q.data[t * 8 + head + i] * k.data[s * 8 + head + i];
        return Math.exp(sum / 2);
      });
      const total = scores.reduce((a, b) => a + b);
      scores.forEach((score, s) => (mean[t * 3 + s] += score / total / 2));
    }
  }
  return mean;
}
