// What the written model says, read back with the protobuf library: where weights lie and how they are widened.

import onnxProto from "onnx-proto";
import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { multiplyDims, symbol } from "./dim.ts";
import { graphOf } from "./graph.ts";
import type { Value } from "./value.ts";
import { add, multiply } from "./ops/elementwise.ts";
import { linear } from "./ops/linear-algebra.ts";
import { reshape } from "./ops/shape.ts";
import { constant, input } from "./ops/source.ts";
import { parameters } from "./params.ts";
import { toOnnx } from "./to-onnx.ts";

const stored = (more: Partial<StoredTensor>): StoredTensor => ({
  name: "in the file",
  type: "F32",
  dims: [6, 4],
  file: "/m/a.safetensors",
  offset: 1000,
  byteLength: 96,
  ...more,
});

function lower(outputs: Record<string, Value>, bindings: Record<string, StoredTensor> = {}) {
  const bytes = toOnnx(graphOf("g", outputs), {
    target: "cpu",
    bindings: new Map(Object.entries(bindings)),
    locate: ({ file, offset }) => ({ location: file.slice("/m/".length), offset }),
  });
  const model = onnxProto.onnx.ModelProto.decode(bytes);
  // 64-bit integers as numbers, bytes as lists.
  return onnxProto.onnx.ModelProto.toObject(model, { longs: Number }).graph as onnxProto.onnx.IGraphProto;
}
const project = (bindings: Record<string, StoredTensor>) =>
  lower({ y: linear(input("x", [symbol("n"), 4]), parameters().parameter("weight", [6, 4])) }, bindings);

describe("toOnnx()", () => {
  it("toOnnx() points initializers at byte ranges when weights are float32", () => {
    const { initializer, node } = project({ weight: stored({}) });
    const [weight] = initializer!;
    expect(weight).toMatchObject({ name: "weight", dataType: 1, dims: [6, 4], dataLocation: 1 });
    expect(weight.rawData).toBeUndefined();
    expect(Object.fromEntries(weight.externalData!.map(({ key, value }) => [key, value]))).toEqual({
      location: "a.safetensors",
      offset: "1000",
      length: "96",
    });
    expect(node!.map(({ opType }) => opType)).toEqual(["Gemm"]);
  });

  it("toOnnx() tells the shapes of values in between when their sizes are computed", () => {
    const [h, w] = [symbol("h"), symbol("w")];
    const rows = reshape(input("x", [4, h, w]), [4, multiplyDims(h, w)]);
    const { valueInfo } = lower({ y: add(multiply(rows, rows), rows) });
    const dims = valueInfo!.map(({ type }) => type!.tensorType!.shape!.dim!.map((dim) => dim.dimParam ?? dim.dimValue));
    expect(dims).toEqual([
      [4, "h*w"],
      [4, "h*w"],
    ]);
  });

  it.each([
    ["F16", 10],
    ["BF16", 16],
    ["F64", 11],
  ] as const)("toOnnx() widens by a Cast when weights are %s", (type, dataType) => {
    const { initializer, node } = project({ weight: stored({ type }) });
    expect(initializer![0]).toMatchObject({ name: "weight", dataType, dims: [6, 4] });
    expect(node!.map(({ opType, input }) => [opType, input])).toEqual([
      ["Cast", ["weight"]],
      ["Gemm", ["x", "Cast"]],
    ]);
  });

  it("toOnnx() declares the stored shape and turns it when weights are transposed", () => {
    const { initializer, node } = project({ weight: stored({ dims: [4, 6], transposed: true }) });
    expect(initializer![0]).toMatchObject({ name: "weight", dims: [4, 6] });
    expect(node!.map(({ opType }) => opType)).toEqual(["Transpose", "Gemm"]);
  });

  it("toOnnx() declares the network's shape when the stored one has other ones", () => {
    expect(project({ weight: stored({ dims: [6, 4, 1, 1] }) }).initializer![0].dims).toEqual([6, 4]);
  });

  it("toOnnx() throws when a parameter is not bound", () => {
    expect(() => project({})).toThrow('Cannot lower graph "g": parameter "weight" is not bound');
  });

  it("toOnnx() gives outputs their names, and an Identity to those that are inputs or another's twin", () => {
    const x = input("x", [2]);
    const y = multiply(x, x);
    const { node, output } = lower({ y, twin: y, same: x });
    expect(node!.map(({ opType, input, output }) => [opType, input, output])).toEqual([
      ["Mul", ["x", "x"], ["y"]],
      ["Identity", ["y"], ["twin"]],
      ["Identity", ["x"], ["same"]],
    ]);
    expect(output!.map(({ name }) => name)).toEqual(["y", "twin", "same"]);
  });

  it("toOnnx() names nodes by module path and keeps apart what would be called the same", () => {
    const x = input("Mul", [2]);
    const { node } = lower({ Mul_1: multiply(multiply(x, x), x) });
    const names = [...node!.flatMap(({ output }) => output!), "Mul"];
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("Mul_1");
  });

  it("toOnnx() shares small constants by their bytes: 0 and −0 are two", () => {
    const x = input("x", [2]);
    const y = [constant([0, 1]), constant([0, 1]), constant([-0, 1])].reduce((sum, c) => add(sum, c), x);
    expect(lower({ y }).initializer!.map(({ name }) => name)).toEqual(["constant", "constant_1"]);
  });

  it("toOnnx() keeps symbols' names in signatures and computes each size once", () => {
    const [n, h, w] = ["n", "h", "w"].map(symbol);
    const x = input("x", [n, 2, h, w]);
    const graph = lower({ y: reshape(reshape(x, [2, n, w, h]), [2, n, h, w]) });
    expect(
      graph.output![0].type!.tensorType!.shape!.dim!.map(({ dimParam, dimValue }) => dimParam || dimValue),
    ).toEqual([2, "n", "h", "w"]);
    const sizes = graph.node!.filter(({ opType }) => opType === "Shape");
    expect(sizes).toHaveLength(3);
  });
});
