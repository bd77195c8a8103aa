import { describe, expect, test } from "vitest";
import { tensor } from "../tensor/tensor.ts";
import type { EmphasisId } from "./emphasis.ts";
import { emphases } from "./emphasis.ts";

// Two texts of one prompt, two tokens of width 2.
const a = tensor([1, 2, 2], Float32Array.of(1, 3, 2, 2));
const b = tensor([1, 2, 2], Float32Array.of(4, 0, 1, 3));
const empty = tensor([1, 2, 2], Float32Array.of(1, 1, 1, 1));
const apply = async (id: EmphasisId, weights: number[][]) =>
  (await emphases[id].apply({ states: [a, b].slice(0, weights.length), weights, empty: async () => empty })).map(
    ({ data }) => [...data].map((value) => Math.round(value * 1e6) / 1e6),
  );

describe("emphases", () => {
  test("original multiplies and restores the mean over all texts at once", async () => {
    // Means: 2 before; (1 + 3 + 4 + 4)/4 = 3 after.
    expect(await apply("original", [[1, 2]])).toEqual([[0.666667, 2, 2.666667, 2.666667]]);
    // (12 + 8)/8 = 2.5 after, 2 before.
    expect(
      await apply("original", [
        [1, 2],
        [1, 1],
      ]),
    ).toEqual([
      [0.8, 2.4, 3.2, 3.2],
      [3.2, 0, 0.8, 2.4],
    ]);
  });

  test("no-norm multiplies", async () => {
    expect(await apply("no-norm", [[0, -1]])).toEqual([[0, 0, -2, -2]]);
  });

  test("comfyui goes away from the empty prompt, and leaves weight 1 bit for bit", async () => {
    expect(await apply("comfyui", [[1, 2]])).toEqual([[1, 3, 3, 3]]);
    expect(await apply("comfyui", [[0, 1]])).toEqual([[1, 1, 2, 2]]);
  });

  test.each(["ignore", "none"] as const)("%s changes nothing", async (id) => {
    expect(await apply(id, [[3, 2]])).toEqual([[1, 3, 2, 2]]);
  });

  test.each(Object.keys(emphases) as EmphasisId[])(
    "%s gives the states themselves when all weights are 1",
    async (id) => {
      const [state] = await emphases[id].apply({ states: [a], weights: [[1, 1]], empty: async () => empty });
      expect(state.data).toEqual(a.data);
    },
  );
});
