import { describe, expect, it } from "vitest";
import { keepKnown } from "./inpaint-blend.ts";
import type { KnownRegion } from "./inpaint-blend.ts";

const region = (changes: Partial<KnownRegion> = {}): KnownRegion => ({
  latents: Float32Array.of(1, 2, 3, 4),
  noise: Float32Array.of(0.5, -0.5, 1, -1),
  // Two channels of two places: the first is kept, the second painted.
  mask: Float32Array.of(0, 1),
  blending: "noised",
  soft: false,
  ...changes,
});
const sigmas = [4, 3, 2, 1, 0];
const nines = () => new Float32Array(4).fill(9);

describe("keepKnown()", () => {
  it("keepKnown() puts the noised picture back before every evaluation but the first", () => {
    const keep = keepKnown(region(), sigmas);
    const [first, second] = [nines(), nines()];
    keep.beforeEvaluation(first, 4);
    keep.beforeEvaluation(second, 2);
    expect([...first]).toEqual([9, 9, 9, 9]);
    expect([...second]).toEqual([2, 9, 5, 9]);
  });

  it("keepKnown() puts the clean picture into the estimate when blending says so", () => {
    const estimates = (["noised", "denoised", "both"] as const).map((blending) => {
      const keep = keepKnown(region({ blending }), sigmas);
      const [x, denoised] = [nines(), nines()];
      keep.beforeEvaluation(nines(), 4);
      keep.beforeEvaluation(x, 2);
      keep.afterEvaluation(denoised);
      return [x[0], denoised[0], denoised[1]];
    });
    expect(estimates).toEqual([
      [2, 9, 9],
      [9, 1, 9],
      [2, 1, 9],
    ]);
  });

  it("keepKnown() ends in the clean picture, or in it at the level where the run hands over", () => {
    const [clean, handed] = [nines(), nines()];
    keepKnown(region(), sigmas).atEnd(clean, 0);
    keepKnown(region(), sigmas).atEnd(handed, 1);
    expect([...clean]).toEqual([1, 9, 3, 9]);
    expect([...handed]).toEqual([1.5, 9, 4, 9]);
  });

  it("keepKnown() frees a place from the step on that its strength leaves when soft", () => {
    // Differential diffusion: kept at step i of n while 1 − μ > i/n.
    const strengths = [0, 0.25, 0.5, 0.75, 1];
    const mask = Float32Array.from(strengths);
    const [latents, noise] = [new Float32Array(5), new Float32Array(5)];
    const keep = keepKnown(region({ latents, noise, mask, soft: true }), sigmas);
    keep.beforeEvaluation(new Float32Array(5), 4);
    const freed = [3, 2, 1].map((sigma) => {
      const x = new Float32Array(5).fill(9);
      keep.beforeEvaluation(x, sigma);
      return [...x].map((value) => value === 9);
    });
    expect(freed).toEqual([
      [false, false, false, true, true],
      [false, false, true, true, true],
      [false, true, true, true, true],
    ]);
    const end = new Float32Array(5).fill(9);
    keep.atEnd(end, 0);
    expect([...end]).toEqual([0, 9, 9, 9, 9]);
  });
});
