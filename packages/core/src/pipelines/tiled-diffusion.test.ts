import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { tensor } from "../tensor/tensor.ts";
import { windowedEvaluation, windowWeights } from "./tiled-diffusion.ts";
import type { Condition, Evaluate } from "./unet-evaluation.ts";

const condition: Condition = { context: tensor([1, 1, 1]), pooled: undefined, timeIds: undefined };
const kinds = Object.keys(windowWeights) as (keyof typeof windowWeights)[];
const numbered = (dims: readonly number[]) => {
  const x = tensor(dims);
  x.data.forEach((_, i) => (x.data[i] = i + 1));
  return x;
};
/** A network that sees each place alone. */
const local: Evaluate = async (latents, _, conditions) =>
  conditions.map(({ extraChannels }) => ({
    out: latents.data.map((value, i) => 2 * value + (extraChannels?.data[i % extraChannels.data.length] ?? 0)),
    maps: {},
  }));

describe.each(kinds)("windowedEvaluation() by %s", (weights) => {
  it("is the whole evaluation when the network sees each place alone, whatever the windows", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 13 }),
        fc.integer({ min: 1, max: 9 }),
        fc.double({ min: 0, max: 0.9, noNaN: true }),
        async (h, w, side, overlap) => {
          const x = numbered([1, 2, h, w]);
          const extraChannels = numbered([1, 1, h, w]);
          const windows = windowedEvaluation(local, { weights, side, overlap, extraChannels });
          const [{ out }] = await windows(x, 1, [condition]);
          x.data.forEach((value, i) => {
            const wanted = 2 * value + extraChannels.data[i % (h * w)];
            expect(Math.abs(out[i] - wanted) / wanted).toBeLessThan(1e-5);
          });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("windowedEvaluation()", () => {
  it("averages what overlapping windows predict, by their weights", async () => {
    // Each window predicts its own number: two of 4 over 6 places, overlapping in the middle two.
    let calls = 0;
    const count: Evaluate = async (latents) => [{ out: new Float32Array(latents.data.length).fill(++calls), maps: {} }];
    const options = { side: 4, overlap: 0.5 };
    const x = tensor([1, 1, 4, 6]);
    const [{ out }] = await windowedEvaluation(count, { weights: "multidiffusion", ...options })(x, 1, [condition]);
    expect([...out.subarray(0, 6)]).toEqual([1, 1, 1.5, 1.5, 2, 2]);
    calls = 0;
    const [mixed] = await windowedEvaluation(count, { weights: "mixture", ...options })(x, 1, [condition]);
    // Places 2 and 3 lie at ¼ and ¾ of a side from the middle of the first window, and the other way round of the second.
    const near = Math.exp(-(0.25 ** 2) / 0.08);
    const far = Math.exp(-(0.75 ** 2) / 0.08);
    expect(mixed.out[2]).toBeCloseTo((near + 2 * far) / (near + far), 5);
    expect(mixed.out[3]).toBeCloseTo((far + 2 * near) / (near + far), 5);
  });

  it("sees pictures smaller than a window whole", async () => {
    const seen: (readonly number[])[] = [];
    const watch: Evaluate = async (latents) => {
      seen.push(latents.dims);
      return [{ out: latents.data, maps: {} }];
    };
    await windowedEvaluation(watch, { weights: "multidiffusion", side: 8, overlap: 0.5 })(tensor([1, 4, 5, 7]), 1, [
      condition,
    ]);
    expect(seen).toEqual([[1, 4, 5, 7]]);
  });
});
