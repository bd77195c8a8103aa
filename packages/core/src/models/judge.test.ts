import { expect, it } from "vitest";
import { parametersOf } from "../graph/graph.ts";
import { elementCount } from "../tensor/tensor.ts";
import { judgeConfig, judgeGraph } from "./judge.ts";

const config = judgeConfig({ num_concepts: 1500, num_styles: 9 });

it("judge() has features and a head each for concepts and styles when its config has the usual sizes", () => {
  const { outputs } = judgeGraph(config);
  const sizes = Object.entries(outputs).map(([name, { dims }]) => [name, dims[1]]);
  expect(sizes).toEqual([
    ["features", 256],
    ["concepts", 1500],
    ["styles", 9],
  ]);
});

it("judge() has about 1.6 million weights when there are 1500 concepts", () => {
  const count = parametersOf(judgeGraph(config)).reduce((sum, { dims }) => sum + elementCount(dims), 0);
  const widths = [32, 32, 64, 128, 256];
  const blocks = widths.slice(1).map((out, i) => {
    const into = widths[i];
    const shortcut = into === out ? 0 : into * out + out;
    return 2 * into + 2 * out + 9 * into * out + out + 9 * out * out + out + shortcut; // norms, convolutions
  });
  const stem = 9 * 3 * 32 + 32;
  expect(count).toBe(stem + blocks.reduce((a, b) => a + b) + 2 * 256 + 257 * 1509);
  expect(Math.round(count / 1e5)).toBe(16);
});

it("judgeConfig() throws when the number of concepts is missing", () => {
  expect(() => judgeConfig({ num_styles: 9 })).toThrow(
    'Cannot build Judge: config "num_concepts" is absent (a number is wanted)',
  );
});
