import { describe, expect, it } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { bind } from "./bind.ts";
import { graphOf } from "./graph.ts";
import { linear } from "./ops/linear-algebra.ts";
import { input } from "./ops/source.ts";
import { parameters } from "./params.ts";

const weight = parameters().at("proj").parameter("weight", [6, 4]);
const graph = graphOf("g", { y: linear(input("x", [1, 4]), weight) });
const stored = (dims: number[], more: Partial<StoredTensor> = {}): StoredTensor => ({
  name: "own name",
  type: "F16",
  dims,
  file: "a.safetensors",
  offset: 8,
  byteLength: 48,
  ...more,
});
const bound = (name: string, tensor: StoredTensor) => bind(graph, new Map([[name, tensor]]), "a.safetensors");

describe("bind()", () => {
  it.each([
    ["as published", stored([6, 4])],
    ["as a 1×1 convolution", stored([6, 4, 1, 1])],
    ["transposed", stored([4, 6], { transposed: true })],
  ])("bind() takes a tensor when it is stored %s", (_, tensor) => {
    expect([...bound("proj.weight", tensor)]).toEqual([["proj.weight", tensor]]);
  });

  it("bind() names the closest tensor when one is missing", () => {
    expect(() => bound("prj.weight", stored([6, 4]))).toThrow(
      'Cannot load "a.safetensors": missing "proj.weight" (closest: "prj.weight")',
    );
  });

  it("bind() says only what is missing when there are no tensors at all", () => {
    expect(() => bind(graph, new Map(), "a.safetensors")).toThrow('Cannot load "a.safetensors": missing "proj.weight"');
  });

  it.each([
    [stored([6, 5]), "[6,5]"],
    [stored([4, 6]), "[4,6]"],
    [stored([24]), "[24]"],
    [stored([6, 4], { transposed: true }), "[4,6]"],
  ])("bind() names both shapes when they differ: %#", (tensor, text) => {
    expect(() => bound("proj.weight", tensor)).toThrow(
      `Cannot load "a.safetensors": "proj.weight" is ${text} ([6,4] is wanted)`,
    );
  });
});
