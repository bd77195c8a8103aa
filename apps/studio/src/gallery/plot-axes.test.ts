import { expect, test } from "vitest";
import { axisValues } from "./plot-axes.ts";

const settings = { prompt: "a fox by a fox", negativePrompt: "", count: 1, previews: false, more: {} };
const made = (axis: Parameters<typeof axisValues>[0]) => axisValues(axis).map(({ change }) => change(settings));

test("axisValues() changes a setting for each of its values", () => {
  expect(made({ kind: "steps", values: "10, 20" }).map(({ steps }) => steps)).toEqual([10, 20]);
  expect(made({ kind: "sampler", values: "euler,ddim" }).map(({ sampler }) => sampler)).toEqual(["euler", "ddim"]);
});

test("axisValues() replaces the first value in the prompt by the others", () => {
  expect(made({ kind: "prompt", values: 'fox, "owl, grey"' }).map(({ prompt }) => prompt)).toEqual([
    "a fox by a fox",
    "a owl, grey by a owl, grey",
  ]);
});

test("axisValues() changes nothing when there is no axis", () => {
  expect(made({ kind: "", values: "1, 2" })).toEqual([settings]);
});

test("axisValues() refuses a value when it means nothing", () => {
  expect(() => axisValues({ kind: "steps", values: "10, many" })).toThrow(
    'Cannot plot steps: "many" is no value of it',
  );
});
