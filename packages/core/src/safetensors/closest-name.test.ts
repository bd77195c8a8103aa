import { describe, expect, it } from "vitest";
import { closestName } from "./closest-name.ts";
import { storedTensor } from "./weights.ts";

describe("closestName()", () => {
  it.each([
    ["kitten", ["sitting", "kitchen", "mitten"], "mitten"],
    ["unet.conv_in.weight", ["conv_out.weight", "conv_in.weight", "conv_in.bias"], "conv_in.weight"],
    ["a", ["abcdef", ""], ""],
    ["", ["abc", "ab"], "ab"],
    ["x", [], undefined],
  ])("closestName() finds the smallest edit distance when asked for %j among %j", (name, names, wanted) => {
    expect(closestName(name, names)).toBe(wanted);
  });
});

describe("storedTensor()", () => {
  it("storedTensor() names the file and the closest name when the tensor is missing", () => {
    const stored = { name: "conv.weight", type: "F32", dims: [1], file: "a", offset: 0, byteLength: 4 } as const;
    expect(storedTensor(new Map([["conv.weight", stored]]), "conv.weight", "a")).toBe(stored);
    expect(() => storedTensor(new Map([["conv.weight", stored]]), "conf.weight", "a")).toThrow(
      'Cannot load "a": missing "conf.weight" (closest: "conv.weight")',
    );
    expect(() => storedTensor(new Map(), "x", "a")).toThrow(/^Cannot load "a": missing "x"$/);
  });
});
