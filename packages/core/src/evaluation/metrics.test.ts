// Distribution metrics: golden values of SciPy, NumPy and torchmetrics, and what must hold for any input.

import { describe, expect, it } from "vitest";
import { goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { codebookUse } from "./autoencoder-report.ts";
import { clipScore } from "./clip-score.ts";
import type { Features } from "./features.ts";
import { rows } from "./features.ts";
import { frechetDistance } from "./frechet-distance.ts";
import { gatherStatistics, statisticsOf } from "./gaussian-statistics.ts";
import { inceptionScore } from "./inception-score.ts";
import { kernelDistance, subsetKernelDistance } from "./kernel-distance.ts";
import { nearestNeighbours } from "./nearest-neighbour.ts";
import { precisionRecall } from "./precision-recall.ts";

const normal = (count: number, width: number, seed: number, shift = 0): Features => {
  const data = Float32Array.from(new TorchGenerator(seed).randn(count * width, "float32"));
  return { dims: [count, width], data: data.map((value) => value + shift) };
};

const fid = readGolden("metrics/fid");
const features = (name: string) => goldenTensor(fid, name) as Features;

describe.each(["full", "small", "rank_deficient"])("features of the golden case %s", (name) => {
  const [a, b] = [features(`${name}.a`), features(`${name}.b`)];
  it("frechetDistance() is SciPy's", () => {
    const distance = frechetDistance(statisticsOf(a), statisticsOf(b));
    expect(distance / fid.json.fid[name]).toBeCloseTo(1, 6);
  });
  it("kernelDistance() is the reference's", () => {
    expect(kernelDistance(a, b) / fid.json.kid[name]).toBeCloseTo(1, 6);
  });
});

it("frechetDistance() is 0 for equal sets", () => {
  const statistics = statisticsOf(features("full.a"));
  expect(Math.abs(frechetDistance(statistics, statistics))).toBeLessThan(1e-9);
});

it("frechetDistance() is Σ(Δμ² + (σ₁ − σ₂)²) for independent features", () => {
  const diagonal = (mean: number[], deviations: number[]) => ({
    count: 9,
    mean: Float64Array.from(mean),
    covariance: Float64Array.from({ length: 9 }, (_, i) => (i % 4 === 0 ? deviations[i / 4] ** 2 : 0)),
  });
  const distance = frechetDistance(diagonal([0, 1, 2], [1, 2, 3]), diagonal([1, 1, 0], [2, 2, 1]));
  expect(distance).toBeCloseTo(1 + 4 + (1 + 0 + 4), 10);
});

it("gatherStatistics() gives the same for any grouping into batches", () => {
  const all = features("full.a");
  const gatherer = gatherStatistics(all.dims[1]);
  for (const [from, to] of [
    [0, 1],
    [1, 1],
    [1, 24],
    [24, 60],
  ])
    gatherer.add(rows(all, from, to));
  const { count, mean, covariance } = gatherer.result();
  expect(count).toBe(60);
  const expected = { mean: goldenTensor(fid, "full.mu_a").data, covariance: goldenTensor(fid, "full.cov_a").data };
  mean.forEach((value, i) => expect(value).toBeCloseTo(Number(expected.mean[i]), 12));
  covariance.forEach((value, i) => expect(value).toBeCloseTo(Number(expected.covariance[i]), 11));
});

it("subsetKernelDistance() is about 0 within one distribution, and positive across", () => {
  const [a, b, far] = [normal(120, 8, 1), normal(120, 8, 2), normal(120, 8, 3, 1)];
  const near = subsetKernelDistance(a, b, { subsets: 20, size: 60 });
  expect(Math.abs(near.mean)).toBeLessThan(3 * near.deviation);
  expect(subsetKernelDistance(a, far, { subsets: 20, size: 60 }).mean).toBeGreaterThan(1);
  expect(subsetKernelDistance(a, b, { subsets: 20, size: 60 })).toEqual(near);
});

describe("inceptionScore()", () => {
  const golden = readGolden("metrics/inception_score");
  const logits = goldenTensor(golden, "in.logits") as Features;
  it.each([1, 5, 10])("is the reference's over %i splits", (splits) => {
    const [mean, deviation] = golden.json.splits[splits];
    const score = inceptionScore(logits, { splits });
    expect(score.mean / mean).toBeCloseTo(1, 9);
    expect(score.deviation).toBeCloseTo(deviation, 9);
  });
  it("is the number of classes when each picture is surely of its own", () => {
    const sure = Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 100 : 0));
    expect(inceptionScore({ dims: [4, 4], data: sure }, { splits: 1 }).mean).toBeCloseTo(4, 9);
  });
});

it("clipScore() is torchmetrics'", () => {
  const golden = readGolden("metrics/clip_score");
  const { scores, mean } = clipScore(
    goldenTensor(golden, "in.image_features") as Features,
    goldenTensor(golden, "in.text_features") as Features,
  );
  scores.forEach((score, i) => expect(score).toBeCloseTo(golden.json.scores[i], 5));
  expect(mean).toBeCloseTo(golden.json.mean, 5);
});

describe("precisionRecall()", () => {
  it("is 1 for a set against itself", () => {
    const set = normal(50, 4, 1);
    expect(precisionRecall(set, set)).toMatchObject({ precision: 1, recall: 1, coverage: 1 });
  });
  it("is 0 for sets far apart", () => {
    expect(precisionRecall(normal(50, 4, 1), normal(50, 4, 2, 100))).toEqual({
      precision: 0,
      recall: 0,
      density: 0,
      coverage: 0,
    });
  });
  it("has high precision and low recall when one mode of two is generated", () => {
    const [near, far] = [normal(100, 4, 1), normal(100, 4, 2, 50)];
    const real = { dims: [200, 4], data: Float32Array.of(...near.data, ...far.data) };
    const { precision, recall } = precisionRecall(real, normal(200, 4, 3));
    expect(precision).toBeGreaterThan(0.8);
    expect(recall).toBeLessThan(0.6);
  });
});

it("nearestNeighbours() finds a copy at distance 0", () => {
  const training = normal(30, 6, 1);
  const [copy, other] = nearestNeighbours(
    { dims: [2, 6], data: Float32Array.of(...rows(training, 17, 18).data, 9, 9, 9, 9, 9, 9) },
    training,
  );
  expect(copy).toEqual({ index: 17, distance: 0 });
  expect(other.distance).toBeGreaterThan(5);
});

it.each<[string, () => unknown, string]>([
  [
    "one picture",
    () => statisticsOf(normal(1, 4, 1)),
    "Cannot compute a covariance: 1 pictures (at least 2 are wanted)",
  ],
  [
    "other widths",
    () => kernelDistance(normal(4, 4, 1), normal(4, 5, 1)),
    "Cannot compute a kernel distance: features of width 4 beside 5 (one feature network is wanted)",
  ],
  [
    "a caption too few",
    () => clipScore(normal(4, 4, 1), normal(3, 4, 1)),
    "Cannot compute a CLIP score: 4 pictures and 3 captions (one caption for each is wanted)",
  ],
  [
    "too few neighbours",
    () => precisionRecall(normal(3, 4, 1), normal(9, 4, 1)),
    "Cannot compute precision with 3 neighbours: 3 pictures on one side (at least 4 are wanted)",
  ],
])("metrics throw when given %s", (_, compute, message) => {
  expect(compute).toThrow(message);
});

it("codebookUse() has a perplexity of all codes when they are used alike, of one when only that is", () => {
  expect(codebookUse([3, 3, 3, 3], 8)).toEqual({ codes: 8, used: 4, perplexity: expect.closeTo(4, 12) });
  expect(codebookUse([7], 8)).toEqual({ codes: 8, used: 1, perplexity: 1 });
});
