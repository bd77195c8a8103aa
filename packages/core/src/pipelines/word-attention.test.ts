import { expect, it } from "vitest";
import type { UNetConfig } from "../models/unet.ts";
import { tensor } from "../tensor/tensor.ts";
import { wordAttention } from "./word-attention.ts";

/** Two levels: two resnets with one transformer block each at the first, and the middle at the second. */
const config = {
  levels: [
    { features: 4, resnets: 2, transformer: { heads: 1, blocks: 1, onlyCross: false } },
    { features: 4, resnets: 2 },
  ],
  middle: { heads: 1, blocks: 2, onlyCross: false },
} as unknown as UNetConfig;
const words = [
  { text: "fox", tokens: [1] },
  { text: "owl", tokens: [2, 3] },
];
const sigmas = [4, 2, 1, 0];
const watcher = (steps?: readonly number[]) =>
  wordAttention(config, { words, sigmas, latentDims: [1, 4, 4, 6], steps });
/** Sums over layers of a level whose every place looks at token t by shares[t]: 5 layers at the first, 2 at the second. */
const maps = (shares: readonly number[]) => ({
  "attention.0": tensor(
    [1, 24, 4],
    Float32Array.from({ length: 96 }, (_, i) => 5 * shares[i % 4]),
  ),
  "attention.1": tensor(
    [1, 6, 4],
    Float32Array.from({ length: 24 }, (_, i) => 2 * shares[i % 4]),
  ),
});

it("wordAttention() averages layers, tokens of a word and evaluations", () => {
  const watch = watcher();
  expect(watch.maps(4)).toEqual(["attention.0", "attention.1"]);
  watch.tell(maps([0.1, 0.2, 0.3, 0.4]), 4);
  watch.tell(maps([0.1, 0.4, 0.3, 0.2]), 1);
  const [{ steps, words: heats }] = watch.result();
  expect(steps).toEqual([1, 3]);
  expect(heats.map(({ word }) => word)).toEqual(["fox", "owl"]);
  heats[0].heat.data.forEach((value) => expect(value).toBeCloseTo(0.3, 5));
  heats[1].heat.data.forEach((value) => expect(value).toBeCloseTo(0.3, 5));
  expect(heats[0].heat.dims).toEqual([1, 1, 4, 6]);
});

it("wordAttention() looks at the steps that are asked for, evaluations inside a step counting for it", () => {
  const watch = watcher([2]);
  expect([4, 3, 2, 1.5, 1].map((sigma) => watch.maps(sigma).length > 0)).toEqual([false, false, true, true, false]);
  watch.tell(maps([0, 0.2, 0, 0]), 2);
  watch.tell(maps([0, 0.6, 0, 0]), 1.5);
  const result = watch.result();
  expect(result.map(({ steps }) => steps)).toEqual([[2]]);
  expect(result[0].words[0].heat.data[0]).toBeCloseTo(0.4, 5);
});

it("wordAttention() refuses a step that the run does not have", () => {
  expect(() => watcher([4])).toThrow(/^Cannot tell the attention of step 4: the run has 3 steps$/);
});
