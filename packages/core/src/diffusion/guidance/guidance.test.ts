import { describe, expect, it } from "vitest";
import { lincomb, scaled } from "../../tensor/lincomb.ts";
import { tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { Parameterization } from "../parameterization.ts";
import { adaptiveProjected } from "./apg.ts";
import { classifierFree } from "./cfg.ts";
import { optimizedScale } from "./cfg-zero.ts";
import { dynamicThresholding } from "./dynamic-thresholding.ts";
import type { GuidanceChoice } from "./guidance.ts";
import { guidance } from "./guidance.ts";
import type { GuidanceMethod } from "./index.ts";
import { guidanceTable } from "./index.ts";
import { instructPix2Pix } from "./instruct-pix2pix.ts";
import { guidedAt, sigmasOfSteps } from "./interval.ts";
import { perpendicularNegative } from "./perp-neg.ts";
import type { EvaluationPoint, Role } from "./predictions.ts";
import { inner } from "./project.ts";
import { degradedInput } from "./self-attention.ts";

const dims = [1, 4, 6, 5];
const random = (seed: number): Float32Array => new TorchGenerator(seed).randn(120) as Float32Array;
const [cond, uncond, empty] = [1, 2, 3].map(random);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));
const plus = (a: Float32Array, b: Float32Array) => lincomb([1, a], [1, b]);
const minus = (a: Float32Array, b: Float32Array) => lincomb([1, a], [-1, b]);

const off: GuidanceChoice = {
  method: "cfg",
  settings: {},
  scale: 5,
  rescale: 0,
  perturbedScale: 0,
  degradedScale: 0,
  channels: 4,
};
const at = (sigma = 2, prediction: Parameterization = "epsilon"): EvaluationPoint => ({
  x: random(9),
  sigma,
  prediction,
});

describe.each(Object.entries(guidanceTable))("guidance method %s", (id, row) => {
  const method = id as GuidanceMethod;

  it.each(["epsilon", "v_prediction", "sample"] as const)(
    "gives the prompt's %s back when all predictions are it",
    (p) => {
      const same = { cond, uncond: cond, empty: cond, picture: cond };
      expect(largest(guidance({ ...off, method }).combine(same, at(2, p)), cond)).toBeLessThan(1e-5);
    },
  );

  it("asks for the predictions it needs, and outside its interval for the prompt's alone", () => {
    const { roles } = guidance({ ...off, method, sigmas: [1, 3] });
    const all: readonly Role[] = ["cond", "uncond", "empty", "picture"];
    expect([...roles(2, all)].sort()).toEqual([...row.needs, "cond", "uncond"].sort());
    expect(roles(0.9, all)).toEqual(["cond"]);
    expect(roles(3.1, all)).toEqual(["cond"]);
  });

  it("refuses a setting of another method", () => {
    const foreign = method === "apg" ? { mimicScale: 3 } : { apgEta: 0.5 };
    expect(() => guidance({ ...off, method, settings: foreign })).toThrow(
      /^Cannot guide by \w+ with (mimicScale|apgEta): it does not read it \(guidance method (apg|dynamic_thresholding) does\)$/,
    );
  });
});

describe("guidance()", () => {
  it("is classifier-free guidance, to the bit, when nothing else is asked for", () => {
    const combined = guidance(off).combine({ cond, uncond }, at());
    expect(combined).toEqual(classifierFree(uncond, cond, 5));
  });

  it("gives the prompt's prediction itself, untouched, when there is no other", () => {
    expect(guidance({ ...off, rescale: 0.7 }).combine({ cond }, at())).toBe(cond);
  });

  it.each(["epsilon", "v_prediction", "sample"] as const)(
    "computes formulas over x₀ when the network predicts %s",
    (prediction) => {
      // APG with η = 1 and no limits is CFG, which is the same over either.
      const settings = { apgEta: 1, apgNorm: 0, apgMomentum: 0 };
      const combined = guidance({ ...off, method: "apg", settings }).combine({ cond, uncond }, at(2, prediction));
      expect(largest(combined, classifierFree(uncond, cond, 5))).toBeLessThan(1e-4);
    },
  );

  it("adds what leads away from perturbed attention when there is a prediction with it", () => {
    const both = guidance({ ...off, perturbedScale: 3 });
    expect(both.roles(1, ["cond", "uncond", "perturbed"])).toEqual(["uncond", "cond", "perturbed"]);
    // diffusers: uncond + w·(text − uncond) + s·(text − perturbed).
    const expected = plus(classifierFree(uncond, cond, 5), scaled(minus(cond, empty), 3));
    expect(largest(both.combine({ cond, uncond, perturbed: empty }, at()), expected)).toBeLessThan(1e-5);
  });

  it("adds what leads away from degraded pictures when there is a prediction of one", () => {
    const { combine } = guidance({ ...off, degradedScale: 0.75 });
    const guided = plus(classifierFree(uncond, cond, 5), scaled(minus(uncond, empty), 0.75));
    expect(largest(combine({ cond, uncond, degraded: empty }, at()), guided)).toBeLessThan(1e-5);
    const unguided = plus(cond, scaled(minus(cond, empty), 0.75));
    expect(largest(combine({ cond, degraded: empty }, at()), unguided)).toBeLessThan(1e-5);
  });
});

describe("perpendicularNegative()", () => {
  const positive = minus(cond, empty);
  const expected = plus(empty, scaled(positive, 5));

  it("takes nothing from the prompt when the negative prompt points along it", () => {
    const along = plus(empty, scaled(positive, 0.6));
    const result = perpendicularNegative({ cond, uncond: along, empty }, 5, { negativeScale: 2 });
    expect(largest(result, expected)).toBeLessThan(1e-4);
  });

  it("goes away from a perpendicular negative prompt with its full strength", () => {
    const negative = minus(uncond, empty);
    const across = minus(negative, scaled(positive, inner(negative, positive) / inner(positive, positive)));
    const result = perpendicularNegative({ cond, uncond: plus(empty, across), empty }, 5, { negativeScale: 2 });
    expect(largest(result, minus(expected, scaled(across, 10)))).toBeLessThan(1e-4);
  });
});

describe("adaptiveProjected()", () => {
  const plain = { eta: 1, normThreshold: 0, momentum: 0 };

  it("goes across the conditional estimate alone when η is 0", () => {
    const guided = adaptiveProjected({ ...plain, eta: 0 })({ cond, uncond }, 7);
    expect(inner(minus(guided, cond), cond) / inner(cond, cond)).toBeCloseTo(0, 5);
  });

  it("goes no further than r allows", () => {
    const step = minus(adaptiveProjected({ ...plain, normThreshold: 2.5 })({ cond, uncond }, 7), cond);
    expect(Math.sqrt(inner(step, step))).toBeCloseTo(6 * 2.5, 3);
  });

  it("adds up earlier directions with the weight of its momentum", () => {
    const guide = adaptiveProjected({ ...plain, momentum: -0.5 });
    guide({ cond, uncond }, 7);
    const second = guide({ cond, uncond: empty }, 7);
    const direction = minus(minus(cond, empty), scaled(minus(cond, uncond), 0.5));
    expect(largest(second, plus(cond, scaled(direction, 6)))).toBeLessThan(1e-4);
  });
});

describe("optimizedScale()", () => {
  it("leaves a difference across the unconditional prediction", () => {
    // At w = 0 the result is s·u; what is left of c has no part along u.
    expect(inner(minus(cond, optimizedScale({ cond, uncond }, 0)), uncond)).toBeCloseTo(0, 3);
  });
});

describe("dynamicThresholding()", () => {
  const settings = { mimicScale: 4, percentile: 1, channels: 4 };
  const rangeOf = (values: Float32Array) => {
    const center = values.reduce((a, b) => a + b) / values.length;
    return { center, range: Math.max(...values.map((value) => Math.abs(value - center))) };
  };

  it("is plain guidance when it mimics its own scale", () => {
    const guided = dynamicThresholding({ cond, uncond }, 4, settings);
    expect(largest(guided, classifierFree(uncond, cond, 4))).toBeLessThan(1e-5);
  });

  it("has the means of its own scale and the ranges of the mimicked one", () => {
    const guided = dynamicThresholding({ cond, uncond }, 20, settings);
    const [own, mimicked] = [20, 4].map((w) => classifierFree(uncond, cond, w));
    for (let start = 0; start < 120; start += 30) {
      const channel = (values: Float32Array) => rangeOf(values.subarray(start, start + 30));
      expect(channel(guided).center).toBeCloseTo(channel(own).center, 4);
      expect(channel(guided).range).toBeCloseTo(channel(mimicked).range, 4);
    }
  });

  it("cuts what lies outside the percentile to the range", () => {
    const guided = dynamicThresholding({ cond, uncond }, 20, { ...settings, percentile: 0.5 });
    const edge = guided.subarray(0, 30);
    const { range } = rangeOf(classifierFree(uncond, cond, 4).subarray(0, 30));
    const { center } = rangeOf(classifierFree(uncond, cond, 20).subarray(0, 30));
    const atEdge = edge.filter((value) => Math.abs(Math.abs(value - center) - range) < 1e-4);
    expect(atEdge.length).toBeGreaterThan(10);
  });
});

describe("instructPix2Pix()", () => {
  it("is guidance from nothing to both when the two scales are one", () => {
    const result = instructPix2Pix({ cond, picture: empty, uncond }, 3, { imageGuidanceScale: 3 });
    expect(largest(result, classifierFree(uncond, cond, 3))).toBeLessThan(1e-5);
  });
});

describe("guidedAt()", () => {
  it("guides every second evaluation below a level, beginning with one that is not", () => {
    const isGuided = guidedAt({ alternateBelow: 2 });
    expect([3, 2.5, 1.9, 1, 0.5, 0.1].map(isGuided)).toEqual([true, true, false, true, false, true]);
  });
});

describe("sigmasOfSteps()", () => {
  const sigmas = [10, 5, 2, 1, 0.5, 0];
  const guided = (part: readonly [number, number]) =>
    sigmas.slice(0, -1).map(guidedAt({ sigmas: sigmasOfSteps(sigmas, part) }));

  it.each([
    [
      [0, 1],
      [true, true, true, true, true],
    ],
    [
      [0.2, 0.8],
      [false, true, true, true, false],
    ],
    [
      [0.5, 1],
      [false, false, true, true, true],
    ],
    [
      [0, 0.39],
      [true, false, false, false, false],
    ],
    [
      [0.6, 0.6],
      [false, false, false, false, false],
    ],
  ] as const)("takes the steps of %j of a run", (part, expected) => {
    expect(guided(part)).toEqual(expected);
  });
});

describe("degradedInput()", () => {
  const point = at(1.5);
  const attention = (value: number) => tensor([1, 3, 3], new Float32Array(9).fill(value));

  it("leaves x as it is where attention has no more than its even share", () => {
    expect(degradedInput(cond, point, { attention: attention(1), dims })).toEqual(point.x);
  });

  it("blurs the estimate of x₀ by 9 × 9 Gaussian weights, mirrored at the edges, where it has more", () => {
    const moved = minus(degradedInput(cond, point, { attention: attention(1.1), dims }), point.x);
    const x0 = lincomb([1, point.x], [-1.5, cond]);
    const fold = (i: number, n: number) => {
      while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
      return i;
    };
    for (const [c, y, x] of [
      [0, 0, 0],
      [1, 3, 2],
      [3, 5, 4],
    ]) {
      let [sum, total] = [0, 0];
      for (let dy = -4; dy <= 4; dy++) {
        for (let dx = -4; dx <= 4; dx++) {
          const weight = Math.exp(-(dy * dy + dx * dx) / 2);
          total += weight;
          sum += weight * x0[c * 30 + fold(y + dy, 6) * 5 + fold(x + dx, 5)];
        }
      }
      const i = c * 30 + y * 5 + x;
      expect(moved[i]).toBeCloseTo(sum / total - x0[i], 4);
    }
  });

  it("changes only the places that a map of lower resolution points at", () => {
    const map = tensor([1, 2, 1], Float32Array.of(2, 0));
    const result = degradedInput(cond, point, { attention: map, dims });
    const changed = [...result.keys()].filter((i) => result[i] !== point.x[i]);
    expect(changed.every((i) => Math.floor((i % 30) / 5) < 3)).toBe(true);
    expect(changed.length).toBe(4 * 15);
  });
});
