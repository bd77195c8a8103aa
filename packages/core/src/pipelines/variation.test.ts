import { describe, expect, it } from "vitest";
import { slerp } from "../tensor/slerp.ts";
import { pictureNoise } from "./noise.ts";
import { parseOptions } from "./options.ts";
import { seedsOf, startNoise } from "./variation.ts";

const dims = [1, 4, 8, 6];
const noiseOf = (seed: number, of = dims) => pictureNoise({ seed, rng: "cpu" })(of);
const noise = (options: object, variationSeed?: number) =>
  startNoise(pictureNoise({ seed: 1, rng: "cpu" }), dims, {
    seeds: { seed: 1, variationSeed },
    options: parseOptions({ prompt: "", ...options }),
    factor: 8,
  });

describe("startNoise()", () => {
  it("startNoise() is the seed's own when nothing is asked, or resized from the same size", () => {
    expect(noise({})).toEqual(noiseOf(1));
    expect(noise({ seedResizeFrom: [48, 64] })).toEqual(noiseOf(1));
  });

  it("startNoise() lies between two seeds' when varied", () => {
    noise({ variationStrength: 1 }, 2).forEach((value, i) => expect(value).toBeCloseTo(noiseOf(2)[i], 5));
    expect(noise({ variationStrength: 0.3 }, 2)).toEqual(slerp(noiseOf(1), noiseOf(2), 0.3, { dims, axis: 2 }));
  });

  it("startNoise() has the other size's noise in its middle when resized", () => {
    const small = noiseOf(1, [1, 4, 4, 4]);
    const placed = noise({ seedResizeFrom: [32, 32] });
    for (let c = 0; c < 4; c++) {
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 6; x++) {
          const inside = y >= 2 && y < 6 && x >= 1 && x < 5;
          const i = (c * 8 + y) * 6 + x;
          expect(placed[i]).toBe(inside ? small[(c * 4 + y - 2) * 4 + x - 1] : noiseOf(1)[i]);
        }
      }
    }
  });

  it("startNoise() cuts a larger size's noise around its middle", () => {
    const large = noiseOf(1, [1, 4, 12, 10]);
    const placed = noise({ seedResizeFrom: [80, 96] });
    expect(placed[0]).toBe(large[2 * 10 + 2]);
    expect(placed.at(-1)).toBe(large[(3 * 12 + 9) * 10 + 7]);
  });
});

describe("seedsOf()", () => {
  it("seedsOf() counts up the seed, or the variation's when there is one", () => {
    const base = { seed: 5, variationSeed: 9, variationStrength: 0, seeding: "per-image" } as const;
    expect(seedsOf(base, 2)).toEqual({ seed: 7, variationSeed: undefined });
    expect(seedsOf({ ...base, variationStrength: 0.1 }, 2)).toEqual({ seed: 5, variationSeed: 11 });
    expect(seedsOf({ ...base, seeding: "batch" }, 2)).toEqual({ seed: 5, variationSeed: undefined });
  });
});
