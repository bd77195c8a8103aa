// Every operator's numbers on every device, against its closed form in plain float64 loops.

import { expect, it } from "vitest";
import { onEachDevice } from "../../../../../fixtures/on-each-device.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import { graphOf } from "../graph.ts";
import type { Value } from "../value.ts";
import { attention } from "./attention.ts";
import { conv2d } from "./convolution.ts";
import * as elementwise from "./elementwise.ts";
import { linear, matmul } from "./linear-algebra.ts";
import { argMax, embedding, takeToken } from "./lookup.ts";
import { groupNorm, layerNorm } from "./normalization.ts";
import { concat, reshape, resizeNearest, slice, transpose } from "./shape.ts";
import { constant, input, integers } from "./source.ts";

/** Smooth values in about [-2, 2], different for each `seed`. */
const wave = (dims: readonly number[], seed = 1): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => 2 * Math.sin(1.7 * i * seed + seed)),
});
const whole = (dims: readonly number[], values: readonly number[]): Tensor<"int64"> => ({
  dims,
  data: BigInt64Array.from(values, BigInt),
});

/** Values of a [dims] array by a function of the indices. */
const fill = (dims: readonly number[], value: (...at: number[]) => number): { dims: readonly number[]; data: number[] } => ({
  dims,
  data: Array.from({ length: elementCount(dims) }, (_, flat) => {
    const at: number[] = [];
    for (let axis = dims.length - 1, rest = flat; axis >= 0; axis--, rest = Math.floor(rest / dims[axis + 1])) {
      at.unshift(rest % dims[axis]);
    }
    return value(...at);
  }),
});
/** The element of `x` at the indices. */
const at = (x: AnyTensor, ...index: number[]): number => Number(x.data[index.reduce((flat, i, axis) => flat * x.dims[axis] + i, 0)]);
const sum = (count: number, term: (i: number) => number): number => {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
};
const map = (x: Tensor, f: (value: number) => number) => ({ dims: x.dims, data: Array.from(x.data, f) });
/** Error function by its Maclaurin series, exact to float64 below 4. */
const erf = (x: number): number => {
  let [total, power] = [0, x];
  for (let n = 0; n < 60; n++, power *= (-x * x) / n) total += power / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * total;
};
const sigmoidOf = (x: number): number => 1 / (1 + Math.exp(-x));

interface Case {
  readonly name: string;
  readonly feeds: readonly AnyTensor[];
  readonly build: (...inputs: Value[]) => Value;
  readonly expected: { readonly dims: readonly number[]; readonly data: readonly number[] };
}
const one = (name: string, feeds: AnyTensor[], build: Case["build"], expected: Case["expected"]): Case => ({ name, feeds, build, expected });

const [a, b, row] = [wave([2, 3, 4]), wave([2, 3, 4], 0.7), wave([3, 1], 0.3)];
const binary = (name: "add" | "subtract" | "multiply" | "divide", f: (x: number, y: number) => number): Case[] => [
  one(`${name}() of equal shapes`, [a, b], elementwise[name], { dims: a.dims, data: Array.from(a.data, (x, i) => f(x, b.data[i])) }),
  one(`${name}() with broadcasting`, [a, row], elementwise[name], fill([2, 3, 4], (i, j, k) => f(at(a, i, j, k), at(row, j, 0)))),
];
const unary = (name: "sin" | "cos" | "tanh" | "exp" | "sigmoid" | "relu" | "gelu" | "silu" | "quickGelu", f: (x: number) => number): Case =>
  one(`${name}()`, [a], elementwise[name], map(a, f));

const convolution = (
  title: string,
  { size, weight: weightDims, stride = 1, padding = [0, 0, 0, 0], bias = true }: {
    size: [number, number]; weight: [number, number, number, number]; stride?: number; padding?: [number, number, number, number]; bias?: boolean;
  },
): Case => {
  const [out, channels, kh, kw] = weightDims;
  const [x, weight, shift] = [wave([2, channels, ...size]), wave(weightDims, 0.6), wave([out], 0.2)];
  const [top, left, bottom, right] = padding;
  const rows = Math.floor((size[0] + top + bottom - kh) / stride) + 1;
  const columns = Math.floor((size[1] + left + right - kw) / stride) + 1;
  const pixel = (n: number, c: number, i: number, j: number) => (i < 0 || j < 0 || i >= size[0] || j >= size[1] ? 0 : at(x, n, c, i, j));
  return one(
    `conv2d() ${title}`,
    bias ? [x, weight, shift] : [x, weight],
    (x, weight, shift) => conv2d(x, weight, shift, { stride, padding }),
    fill([2, out, rows, columns], (n, o, i, j) =>
      (bias ? shift.data[o] : 0) +
      sum(channels, (c) => sum(kh, (u) => sum(kw, (v) => at(weight, o, c, u, v) * pixel(n, c, i * stride + u - top, j * stride + v - left)))),
    ),
  );
};

const linearCase = (title: string, dims: number[], bias: boolean): Case => {
  const [x, weight, shift] = [wave(dims), wave([5, dims.at(-1)!], 0.4), wave([5], 0.9)];
  return one(`linear() ${title}`, bias ? [x, weight, shift] : [x, weight], linear, fill([...dims.slice(0, -1), 5], (...index) => {
    const o = index.pop()!;
    return (bias ? shift.data[o] : 0) + sum(dims.at(-1)!, (i) => at(x, ...index, i) * at(weight, o, i));
  }));
};

const groups = (title: string, dims: number[], count: number): Case => {
  const [x, weight, bias] = [wave(dims), wave([dims[1]], 0.3), wave([dims[1]], 0.5)];
  const size = elementCount(dims) / dims[0] / count;
  const channel = elementCount(dims.slice(2));
  const run = (flat: number) => x.data.subarray(Math.floor(flat / size) * size, Math.floor(flat / size) * size + size);
  return one(`groupNorm() ${title}`, [x, weight, bias], (x, weight, bias) => groupNorm(x, weight, bias, { groups: count, epsilon: 1e-3 }), {
    dims,
    data: Array.from(x.data, (value, flat) => {
      const c = Math.floor(flat / channel) % dims[1];
      return normalized(value, run(flat), 1e-3) * weight.data[c] + bias.data[c];
    }),
  });
};
const normalized = (value: number, all: Float32Array, epsilon: number): number => {
  const mean = sum(all.length, (i) => all[i]) / all.length;
  return (value - mean) / Math.sqrt(sum(all.length, (i) => (all[i] - mean) ** 2) / all.length + epsilon);
};
const layers = (): Case => {
  const [x, weight, bias] = [wave([2, 3, 8]), wave([8], 0.3), wave([8], 0.5)];
  return one("layerNorm()", [x, weight, bias], (x, weight, bias) => layerNorm(x, weight, bias, 1e-5), fill([2, 3, 8], (n, t, d) =>
    normalized(at(x, n, t, d), x.data.subarray((n * 3 + t) * 8, (n * 3 + t) * 8 + 8), 1e-5) * weight.data[d] + bias.data[d]));
};

const attends = (title: string, { tokens, sources, width, heads, causal = false }: { tokens: number; sources: number; width: number; heads: number; causal?: boolean }): Case => {
  const [q, k, v] = [wave([2, tokens, width]), wave([2, sources, width], 0.8), wave([2, sources, width], 0.45)];
  const size = width / heads;
  return one(`attention() ${title}`, [q, k, v], (q, k, v) => attention(q, k, v, { heads, causal }), fill([2, tokens, width], (n, t, d) => {
    const first = Math.floor(d / size) * size;
    const weights = Array.from({ length: causal ? t + 1 : sources }, (_, s) =>
      Math.exp(sum(size, (i) => at(q, n, t, first + i) * at(k, n, s, first + i)) / Math.sqrt(size)));
    return sum(weights.length, (s) => weights[s] * at(v, n, s, d)) / sum(weights.length, (s) => weights[s]);
  }));
};

const resize = (title: string, [h, w]: [number, number], [height, width]: [number, number]): Case => {
  const x = wave([2, 3, h, w]);
  return one(`resizeNearest() ${title}`, [x], (x) => resizeNearest(x, { height, width }), fill([2, 3, height, width], (n, c, i, j) =>
    at(x, n, c, Math.floor((i * h) / height), Math.floor((j * w) / width))));
};

const ids = whole([2, 4], [3, 0, 4, 4, 9, 1, 9, 2]);
const table = wave([10, 3]);

const cases: readonly Case[] = [
  ...binary("add", (x, y) => x + y),
  ...binary("subtract", (x, y) => x - y),
  ...binary("multiply", (x, y) => x * y),
  ...binary("divide", (x, y) => x / y),
  unary("sin", Math.sin),
  unary("cos", Math.cos),
  unary("tanh", Math.tanh),
  unary("exp", Math.exp),
  unary("sigmoid", sigmoidOf),
  unary("relu", (x) => Math.max(0, x)),
  unary("gelu", (x) => (x / 2) * (1 + erf(x / Math.SQRT2))),
  unary("silu", (x) => x * sigmoidOf(x)),
  unary("quickGelu", (x) => x * sigmoidOf(1.702 * x)),
  one("cast() from int64 to float32", [ids], (x) => elementwise.cast(x, "float32"), { dims: [2, 4], data: Array.from(ids.data, Number) }),
  one("cast() from float32 to int64, towards zero", [a], (x) => elementwise.cast(elementwise.cast(x, "int64"), "float32"), map(a, Math.trunc)),
  one("equal() of int64 with one value", [ids], (x) => elementwise.cast(elementwise.equal(x, integers([9])), "float32"), fill([2, 4], (i, j) => Number(at(ids, i, j) === 9))),
  one("matmul()", [wave([4, 3]), wave([3, 5], 0.6)], matmul, fill([4, 5], (i, j) => sum(3, (k) => at(wave([4, 3]), i, k) * at(wave([3, 5], 0.6), k, j)))),
  one("matmul() with broadcast leading axes", [wave([2, 4, 3]), wave([3, 5], 0.6)], matmul, fill([2, 4, 5], (n, i, j) => sum(3, (k) => at(wave([2, 4, 3]), n, i, k) * at(wave([3, 5], 0.6), k, j)))),
  linearCase("of a matrix", [3, 4], true),
  linearCase("of tokens", [2, 3, 4], true),
  linearCase("of tokens without bias", [2, 3, 4], false),
  convolution("3×3", { size: [5, 4], weight: [3, 2, 3, 3], padding: [1, 1, 1, 1] }),
  convolution("3×3 without bias, stride 2", { size: [5, 4], weight: [3, 2, 3, 3], stride: 2, padding: [1, 1, 1, 1], bias: false }),
  convolution("3×3, stride 2, zeros right and below", { size: [6, 4], weight: [2, 3, 3, 3], stride: 2, padding: [0, 0, 1, 1] }),
  convolution("1×1", { size: [3, 3], weight: [4, 2, 1, 1] }),
  groups("of pixels", [2, 8, 3, 3], 4),
  groups("of tokens", [2, 6, 5], 2),
  layers(),
  attends("of one head", { tokens: 5, sources: 5, width: 8, heads: 1 }),
  attends("across", { tokens: 4, sources: 7, width: 8, heads: 2 }),
  attends("causal", { tokens: 6, sources: 6, width: 12, heads: 3, causal: true }),
  attends("causal, of one token", { tokens: 1, sources: 1, width: 4, heads: 2, causal: true }),
  resize("doubles", [2, 3], [4, 6]),
  resize("to an odd size", [3, 4], [5, 7]),
  resize("smaller", [5, 6], [3, 4]),
  one("reshape()", [a], (x) => reshape(x, [4, 6]), { dims: [4, 6], data: Array.from(a.data) }),
  one("transpose()", [a], (x) => transpose(x, [2, 0, 1]), fill([4, 2, 3], (k, i, j) => at(a, i, j, k))),
  one("concat()", [a, wave([2, 1, 4], 0.9)], (x, y) => concat([x, y], 1), fill([2, 4, 4], (i, j, k) => (j < 3 ? at(a, i, j, k) : at(wave([2, 1, 4], 0.9), i, 0, k)))),
  one("slice()", [a], (x) => slice(x, { axis: 2, start: 1, end: 3 }), fill([2, 3, 2], (i, j, k) => at(a, i, j, k + 1))),
  one("embedding()", [table, ids], embedding, fill([2, 4, 3], (i, j, k) => at(table, at(ids, i, j), k))),
  one("takeToken()", [wave([2, 3, 4]), whole([2], [2, 0])], takeToken, fill([2, 4], (n, d) => at(wave([2, 3, 4]), n, [2, 0][n], d))),
  one("argMax() of int64: the first largest", [ids], (x) => elementwise.cast(argMax(x), "float32"), { dims: [2], data: [2, 0] }),
  one("argMax() of a comparison", [ids], (x) => elementwise.cast(argMax(elementwise.cast(elementwise.equal(x, integers([4])), "int32")), "float32"), { dims: [2], data: [2, 0] }),
  one("constant()", [a], (x) => elementwise.add(x, constant([0.5, -1, 2, 4])), fill([2, 3, 4], (i, j, k) => at(a, i, j, k) + [0.5, -1, 2, 4][k])),
];

onEachDevice("operators", (_device, engine) => {
  it.each(cases)("$name equals its closed form", async ({ feeds, build, expected }) => {
    const names = feeds.map((_, i) => `x${i}`);
    const inputs = feeds.map(({ dims, data }, i) => input(names[i], dims, data instanceof Float32Array ? "float32" : "int64"));
    const graph = graphOf("case", { y: build(...inputs) });
    const { y } = await evaluate(engine(), graph, Object.fromEntries(feeds.map((feed, i) => [names[i], feed])));
    expect(y.dims).toEqual(expected.dims);
    expect(graph.outputs.y.dims).toEqual(expected.dims);
    // float32 with at most 18 terms of size 4; GPUs may round sin, exp and tanh to 2⁻¹¹ of a unit.
    const worst = Math.max(...expected.data.map((value, i) => Math.abs(value - y.data[i]) / Math.max(1, Math.abs(value))));
    expect(worst).toBeLessThan(2e-5);
  });
});
