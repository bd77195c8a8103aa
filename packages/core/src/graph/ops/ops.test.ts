// Shape rules of every operator: the result's signature, and what is refused with which reason.

import { describe, expect, it } from "vitest";
import { operatorCases } from "../../../../../fixtures/operator-cases.ts";
import { addDims, dimsText, multiplyDims, symbol } from "../dim.ts";
import type { Dim } from "../dim.ts";
import { layer, parameters } from "../params.ts";
import type { DataType, Value } from "../value.ts";
import * as attentions from "./attention.ts";
import * as convolution from "./convolution.ts";
import * as elementwise from "./elementwise.ts";
import * as linearAlgebra from "./linear-algebra.ts";
import * as lookup from "./lookup.ts";
import * as normalization from "./normalization.ts";
import * as shapes from "./shape.ts";
import * as pooling from "./pooling.ts";
import * as reduce from "./reduce.ts";
import * as softmaxes from "./softmax.ts";
import { constant, elements, input, integers, range } from "./source.ts";

const { add, cast, equal } = elementwise;
const { attention } = attentions;
const { conv2d } = convolution;
const { linear, matmul } = linearAlgebra;
const { argMax, embedding, takeToken } = lookup;
const { groupNorm, layerNorm } = normalization;
const { concat, reshape, resizeNearest, slice, transpose } = shapes;

const [n, t, h, w] = ["n", "t", "h", "w"].map(symbol);
let count = 0;
const of = (dims: readonly Dim[], type: DataType = "float32"): Value => input(`x${count++}`, dims, type);
const conv = (x: Dim[], weight: number[], { stride = 1, padding = [1, 1, 1, 1], bias = [] as number[] } = {}) =>
  conv2d(of(x), of(weight), bias.length > 0 ? of(bias) : undefined, {
    stride,
    padding: padding as [number, number, number, number],
  });

const signatures: readonly [string, () => Value, string][] = [
  ["add() broadcasts symbols", () => add(of([n, 1, w]), of([h, 1])), "float32[n, h, w]"],
  ["add() keeps the type", () => add(integers([1, 2]), of([n, 2], "int64")), "int64[n, 2]"],
  ["equal() gives booleans", () => equal(of([n, 77], "int64"), integers([9])), "bool[n, 77]"],
  ["cast() changes the type alone", () => cast(of([n, h]), "int32"), "int32[n, h]"],
  ["silu() keeps the shape", () => elementwise.silu(of([n, h])), "float32[n, h]"],
  ["where() broadcasts all three", () => elementwise.where(of([n, 1], "bool"), of([3]), of([])), "float32[n, 3]"],
  ["greater() gives booleans", () => elementwise.greater(of([n]), of([])), "bool[n]"],
  [
    "matmul() takes a side transposed",
    () => matmul(of([n, 3, t]), of([5, 3]), { transposeA: true, transposeB: true }),
    "float32[n, t, 5]",
  ],
  ["sum() drops its axes", () => reduce.sum(of([n, t, 8]), { axes: [1, -1] }), "float32[n]"],
  [
    "mean() keeps its axes as size 1 when asked",
    () => reduce.mean(of([n, t, 8]), { axes: [-1], keep: true }),
    "float32[n, t, 1]",
  ],
  ["max() reduces all axes by default", () => reduce.max(of([n, t])), "float32[]"],
  [
    "maxPool2d() counts whole windows",
    () => pooling.maxPool2d(of([n, 8, h, 7]), { kernel: 3, stride: 2 }),
    "float32[n, 8, floor((h + 1)/2) + -1, 3]",
  ],
  ["expand() adds axes in front", () => shapes.expand(of([t, 1]), [n, t, 8]), "float32[n, t, 8]"],
  ["pad() adds sizes", () => shapes.pad(of([n, t]), { before: [0, 1], after: [0, t] }), "float32[n, 2*t + 1]"],
  [
    "slice() takes symbolic ranges",
    () => slice(of([n, addDims(t, 3)]), { axis: 1, start: t, end: addDims(t, 3) }),
    "float32[n, 3]",
  ],
  ["slice() rounds the last step up", () => slice(of([n, 8]), { axis: 1, start: 1, end: 8, step: 3 }), "float32[n, 3]"],
  ["range() is int64", () => range(t), "int64[t]"],
  ["elements() is a scalar", () => elements([n, t]), "float32[]"],
  [
    "scatterRows() has the rows asked for",
    () => lookup.scatterRows(of([n, t, 8]), of([n, t], "int64"), 20),
    "float32[20, 8]",
  ],
  [
    "conv2d() of groups sees a part of the channels",
    () => conv2d(of([n, 8, h, w]), of([6, 4, 1, 1]), undefined, { stride: 1, padding: [0, 0, 0, 0], groups: 2 }),
    "float32[n, 6, h, w]",
  ],
  [
    "conv2dInputGradient() has the input's shape",
    () =>
      convolution.conv2dInputGradient(of([n, 8, h, w]), of([8, 4, 3, 3]), {
        stride: 1,
        padding: [1, 1, 1, 1],
        size: [h, w],
      }),
    "float32[n, 4, h, w]",
  ],
  [
    "conv2dWeightGradient() has the weight's shape",
    () =>
      convolution.conv2dWeightGradient(of([n, 8, h, w]), of([n, 4, h, w]), {
        stride: 1,
        padding: [1, 1, 1, 1],
        kernel: [3, 3],
      }),
    "float32[8, 4, 3, 3]",
  ],
  ["matmul() broadcasts leading axes", () => matmul(of([n, t, 3]), of([3, 5])), "float32[n, t, 5]"],
  ["linear() replaces the last axis", () => linear(of([n, t, 8]), of([5, 8]), of([5])), "float32[n, t, 5]"],
  [
    "conv2d() keeps the size when padded by half the kernel",
    () => conv([n, 4, h, w], [8, 4, 3, 3]),
    "float32[n, 8, h, w]",
  ],
  [
    "conv2d() halves upwards when the stride is 2",
    () => conv([n, 4, h, 13], [8, 4, 3, 3], { stride: 2 }),
    "float32[n, 8, floor((h + 1)/2), 7]",
  ],
  [
    "conv2d() pads each side by its own",
    () => conv([n, 4, 8, 8], [8, 4, 3, 3], { stride: 2, padding: [0, 0, 1, 1] }),
    "float32[n, 8, 4, 4]",
  ],
  [
    "groupNorm() keeps the shape",
    () => groupNorm(of([n, 8, h, w]), of([8]), of([8]), { groups: 4, epsilon: 1e-5 }),
    "float32[n, 8, h, w]",
  ],
  ["layerNorm() keeps the shape", () => layerNorm(of([n, t, 8]), of([8]), of([8]), 1e-5), "float32[n, t, 8]"],
  [
    "attention() has the queries' tokens",
    () => attention(of([n, t, 8]), of([n, 77, 8]), of([n, 77, 8]), { heads: 2 }),
    "float32[n, t, 8]",
  ],
  ["embedding() adds the table's width", () => embedding(of([100, 8]), of([n, 77], "int64")), "float32[n, 77, 8]"],
  ["takeToken() drops the tokens", () => takeToken(of([n, t, 8]), of([n], "int64")), "float32[n, 8]"],
  ["argMax() drops the last axis", () => argMax(of([n, 77], "int64")), "int64[n]"],
  ["reshape() moves symbols", () => reshape(of([n, 8, h, w]), [n, 8, multiplyDims(w, h)]), "float32[n, 8, h*w]"],
  ["transpose() moves axes", () => transpose(of([n, 8, t]), [0, 2, 1]), "float32[n, t, 8]"],
  ["concat() adds sizes", () => concat([of([n, 8, h]), of([n, 4, h])], 1), "float32[n, 12, h]"],
  ["concat() adds symbolic sizes", () => concat([of([n, t]), of([n, t]), of([n, 1])], 1), "float32[n, 2*t + 1]"],
  ["slice() takes a range", () => slice(of([n, 8, h]), { axis: 1, start: 2, end: 8 }), "float32[n, 6, h]"],
  [
    "resizeNearest() takes any size",
    () => resizeNearest(of([n, 8, h, w]), { height: addDims(h, 1), width: 9 }),
    "float32[n, 8, h + 1, 9]",
  ],
  ["constant() is float32", () => constant([1, 2, 3]), "float32[3]"],
  ["integers() is int64", () => integers([1, 2], [2, 1]), "int64[2, 1]"],
];

const refusals: readonly [string, () => Value, string][] = [
  [
    "add() of other types",
    () => add(of([2]), integers([1, 2])),
    "Cannot trace add: types float32 and int64 differ; inputs [2], [2]",
  ],
  [
    "add() of sizes that do not broadcast",
    () => add(of([n, 3]), of([n, 4])),
    "Cannot trace add: sizes 3 and 4 do not broadcast at axis 1; inputs [n, 3], [n, 4]",
  ],
  [
    "add() of different symbols",
    () => add(of([h]), of([w])),
    "Cannot trace add: sizes h and w do not broadcast at axis 0; inputs [h], [w]",
  ],
  [
    "equal() of other types",
    () => equal(of([2]), integers([1])),
    "Cannot trace equal: types float32 and int64 differ; inputs [2], [1]",
  ],
  [
    "matmul() of other inner sizes",
    () => matmul(of([2, 3]), of([4, 2])),
    "Cannot trace matmul: inner sizes 3 and 4 differ; inputs [2, 3], [4, 2]",
  ],
  [
    "matmul() of a vector",
    () => matmul(of([3]), of([3, 2])),
    "Cannot trace matmul: both sides need at least 2 axes; inputs [3], [3, 2]",
  ],
  [
    "where() of a number as condition",
    () => elementwise.where(of([n]), of([n]), of([n])),
    "Cannot trace where: the condition is float32 (bool is wanted); inputs [n], [n], [n]",
  ],
  [
    "sum() of an axis too many",
    () => reduce.sum(of([n, 8]), { axes: [2] }),
    "Cannot trace sum: axis 2 is not one of 2; inputs [n, 8]",
  ],
  [
    "mean() of integers",
    () => reduce.mean(of([n], "int64")),
    "Cannot trace mean: it is int64 (float32 is wanted); inputs [n]",
  ],
  [
    "maxPool2d() of a small picture",
    () => pooling.maxPool2d(of([n, 8, 2, 2]), { kernel: 3 }),
    "Cannot trace maxPool2d: a window of 3 is larger than the picture; inputs [n, 8, 2, 2]",
  ],
  [
    "expand() to a smaller shape",
    () => shapes.expand(of([n, 8]), [n, 1]),
    "Cannot trace expand: it does not stretch to [n, 1]; inputs [n, 8]",
  ],
  [
    "pad() by a negative number",
    () => shapes.pad(of([8]), { before: [-1], after: [0] }),
    "Cannot trace pad: padding is negative (a slice is wanted); inputs [8]",
  ],
  [
    "pad() of too few axes",
    () => shapes.pad(of([n, 8]), { before: [1], after: [0] }),
    "Cannot trace pad: padding of 1 and 1 axes is not of 2; inputs [n, 8]",
  ],
  [
    "scatterRows() of fewer ids",
    () => lookup.scatterRows(of([n, 8]), of([t], "int64"), 9),
    "Cannot trace scatterRows: there is not one id for each update; inputs [n, 8], [t]",
  ],
  [
    "conv2d() of groups that do not match",
    () => conv2d(of([n, 9, h, w]), of([8, 4, 1, 1]), undefined, { stride: 1, padding: [0, 0, 0, 0], groups: 2 }),
    "Cannot trace conv2d: 9 input channels do not match 2 groups of 4 weight channels; inputs [n, 9, h, w], [8, 4, 1, 1]",
  ],
  [
    "linear() of another width",
    () => linear(of([n, 8]), of([5, 7])),
    "Cannot trace linear: input width 8 does not match weight width 7; inputs [n, 8], [5, 7]",
  ],
  [
    "linear() of a 4-D weight",
    () => linear(of([n, 8]), of([5, 8, 1, 1])),
    "Cannot trace linear: the weight is not [out, in]; inputs [n, 8], [5, 8, 1, 1]",
  ],
  [
    "linear() of another bias",
    () => linear(of([n, 8]), of([5, 8]), of([8])),
    "Cannot trace linear: the bias does not match the weight; inputs [n, 8], [5, 8], [8]",
  ],
  [
    "conv2d() of other channels",
    () => conv([n, 9, h, w], [8, 4, 3, 3]),
    "Cannot trace conv2d: 9 input channels do not match 4 weight channels; inputs [n, 9, h, w], [8, 4, 3, 3]",
  ],
  [
    "conv2d() of tokens",
    () => conv([n, 4, t], [8, 4, 3, 3]),
    "Cannot trace conv2d: the input is not [N, C, H, W]; inputs [n, 4, t], [8, 4, 3, 3]",
  ],
  [
    "conv2d() of another bias",
    () => conv([n, 4, h, w], [8, 4, 3, 3], { bias: [4] }),
    "Cannot trace conv2d: bias of 4 does not match 8 output channels; inputs [n, 4, h, w], [8, 4, 3, 3], [4]",
  ],
  [
    "groupNorm() of groups that do not divide",
    () => groupNorm(of([n, 9, h]), of([9]), of([9]), { groups: 4, epsilon: 1 }),
    "Cannot trace groupNorm: 9 channels do not divide into 4 groups; inputs [n, 9, h], [9], [9]",
  ],
  [
    "groupNorm() of another weight",
    () => groupNorm(of([n, 8, h]), of([4]), of([4]), { groups: 4, epsilon: 1 }),
    "Cannot trace groupNorm: 8 channels do not match weight of 4; inputs [n, 8, h], [4], [4]",
  ],
  [
    "layerNorm() of another width",
    () => layerNorm(of([n, 8]), of([4]), of([4]), 1),
    "Cannot trace layerNorm: width 8 does not match weight of 4; inputs [n, 8], [4], [4]",
  ],
  [
    "attention() of heads that do not divide",
    () => attention(of([n, t, 8]), of([n, t, 8]), of([n, t, 8]), { heads: 3 }),
    "Cannot trace attention: width 8 does not divide into 3 heads; inputs [n, t, 8], [n, t, 8], [n, t, 8]",
  ],
  [
    "attention() of other keys",
    () => attention(of([n, t, 8]), of([n, t, 4]), of([n, t, 8]), { heads: 2 }),
    "Cannot trace attention: query width 8 does not match key width 4; inputs [n, t, 8], [n, t, 4], [n, t, 8]",
  ],
  [
    "attention() of fewer values than keys",
    () => attention(of([n, t, 8]), of([n, 7, 8]), of([n, 6, 8]), { heads: 2 }),
    "Cannot trace attention: keys and values differ in number; inputs [n, t, 8], [n, 7, 8], [n, 6, 8]",
  ],
  [
    "attention() of pixels",
    () => attention(of([n, 8, h, w]), of([n, t, 8]), of([n, t, 8]), { heads: 2 }),
    "Cannot trace attention: the query is not [N, T, D]; inputs [n, 8, h, w], [n, t, 8], [n, t, 8]",
  ],
  [
    "embedding() of a 1-D table",
    () => embedding(of([100]), of([n], "int64")),
    "Cannot trace embedding: the table is not [rows, width]; inputs [100], [n]",
  ],
  [
    "takeToken() of pixels",
    () => takeToken(of([n, 8]), of([n], "int64")),
    "Cannot trace takeToken: tokens are not [N, T, D] with an index [N]; inputs [n, 8], [n]",
  ],
  [
    "reshape() to another count",
    () => reshape(of([n, 8]), [n, 9]),
    "Cannot trace reshape: 8*n elements do not fill [n, 9]; inputs [n, 8]",
  ],
  [
    "transpose() of too few axes",
    () => transpose(of([n, 8]), [0, 2, 1]),
    "Cannot trace transpose: permutation [0,2,1] is not of 2 axes; inputs [n, 8]",
  ],
  [
    "transpose() of an axis named twice",
    () => transpose(of([n, 8]), [1, 1]),
    "Cannot trace transpose: permutation [1,1] is not of 2 axes; inputs [n, 8]",
  ],
  [
    "concat() of other sizes",
    () => concat([of([n, 8, h]), of([n, 4, w])], 1),
    "Cannot trace concat: sizes h and w differ at axis 2; inputs [n, 8, h], [n, 4, w]",
  ],
  [
    "concat() of other ranks",
    () => concat([of([n, 8, h]), of([n, 4])], 1),
    "Cannot trace concat: parts of 3 and 2 axes differ; inputs [n, 8, h], [n, 4]",
  ],
  [
    "concat() of other types",
    () => concat([of([n]), of([n], "int64")], 0),
    "Cannot trace concat: types float32 and int64 differ; inputs [n], [n]",
  ],
  [
    "slice() past the end",
    () => slice(of([n, 8]), { axis: 1, start: 4, end: 9 }),
    "Cannot trace slice: range 4..9 is not inside axis 1 of size 8; inputs [n, 8]",
  ],
  [
    "resizeNearest() of tokens",
    () => resizeNearest(of([n, t, 8]), { height: 2, width: 2 }),
    "Cannot trace resizeNearest: the input is not [N, C, H, W]; inputs [n, t, 8]",
  ],
];

describe("shape rules", () => {
  it.each(signatures)("%s", (_, build, signature) => {
    const { type, dims } = build();
    expect(`${type}${dimsText(dims)}`).toBe(signature);
  });

  it.each(refusals)("%s is refused", (_, build, message) => {
    expect(build).toThrow(new TypeError(message));
  });

  it("apply() names the module path when a layer's input does not fit", () => {
    const block = layer((p, x: Value) => linear(x, p.parameter("weight", [4, 4])));
    const p = parameters().at("down_blocks", 0, "resnets", 1);
    expect(() => block(p.at("conv1"), of([n, 3]))).toThrow(
      "Cannot trace down_blocks.0.resnets.1.conv1 (linear): input width 3 does not match weight width 4; inputs [n, 3], [4, 4]",
    );
    // The path is left again when tracing fails.
    expect(() => add(of([2]), of([3]))).toThrow(/^Cannot trace add:/);
  });

  it("operatorCases has a case for every operator", () => {
    const tables = [
      elementwise,
      linearAlgebra,
      lookup,
      normalization,
      shapes,
      attentions,
      convolution,
      pooling,
      reduce,
      softmaxes,
    ];
    const ops = [
      ...Object.values(elementwise.binaryOps),
      ...Object.values(elementwise.unaryOps),
      ...tables.flatMap(opsIn),
    ];
    const covered = operatorCases.flatMap(({ graph }) => graph.values.map(({ op }) => op.name));
    expect(ops.map(({ name }) => name).filter((name) => !covered.includes(name))).toEqual([]);
    expect(ops.length).toBeGreaterThan(20);
  });
});

/** The operators that a module exports. */
const opsIn = (module: object): { name: string }[] =>
  Object.entries(module)
    .filter(([name]) => name.endsWith("Op"))
    .map(([, op]) => op);
