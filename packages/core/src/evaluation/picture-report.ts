// Distances between a set of real pictures and a set of generated ones, by whichever metrics are asked for.

import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { meanDeviation } from "./mean-deviation.ts";
import { openFeatureExtractor } from "./picture-features.ts";
import type { FeatureExtractor, PictureFeatures, Pictures } from "./picture-features.ts";
import { readFeatureNetwork } from "./feature-network.ts";
import { captionFeatures } from "./caption-features.ts";
import { clipScore } from "./clip-score.ts";
import { frechetDistance } from "./frechet-distance.ts";
import { statisticsOf } from "./gaussian-statistics.ts";
import type { GaussianStatistics } from "./gaussian-statistics.ts";
import { inceptionScore } from "./inception-score.ts";
import { kernelDistance, subsetKernelDistance } from "./kernel-distance.ts";
import { nearestNeighbours } from "./nearest-neighbour.ts";
import { precisionRecall } from "./precision-recall.ts";
import { psnr } from "./psnr.ts";
import { rankNotice } from "./rank-notice.ts";
import { ssim } from "./ssim.ts";

/** One figure with its name. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** Standard deviation over subsets, splits or pictures, where it is a mean of several. */
  readonly deviation?: number;
}

/** What a metric is computed of. */
interface Measured {
  readonly real: PictureFeatures | undefined;
  /** Of the real pictures, or those of a file. */
  readonly statistics: () => GaussianStatistics;
  readonly generated: PictureFeatures;
  /** Features of the captions of the generated pictures, by a CLIP. */
  readonly captions: Tensor | undefined;
  readonly distance: string;
}

/** A metric on features: what it needs and what it gives. */
interface FeatureMetric {
  readonly summary: string;
  /** What the real side has to be: nothing, its statistics, or its pictures. */
  readonly real: "nothing" | "statistics" | "pictures";
  compute(measured: Measured): readonly Figure[];
}

const figures = (values: object): Figure[] => Object.entries(values).map(([name, value]) => ({ name, value }));

/** The metrics on features, by the name a user gives. */
export const featureMetrics: Readonly<Record<string, FeatureMetric>> = {
  fid: {
    summary: "Fréchet distance; FID with the published Inception",
    real: "statistics",
    compute: ({ statistics, generated, distance }) => [
      { name: distance, value: frechetDistance(statisticsOf(generated.features), statistics()) },
    ],
  },
  kid: {
    summary: "Kernel distance, of all pictures and of 100 subsets of 1,000 where there are as many",
    real: "pictures",
    compute({ real, generated }) {
      const [a, b] = [generated.features, real!.features];
      const all = { name: "kernel distance", value: kernelDistance(a, b) };
      if (Math.min(a.dims[0], b.dims[0]) < 1000) return [all];
      const { mean, deviation } = subsetKernelDistance(a, b);
      return [all, { name: "kernel distance of subsets", value: mean, deviation }];
    },
  },
  is: {
    summary: "Inception score of the generated pictures",
    real: "nothing",
    compute({ generated: { logits } }) {
      if (logits === undefined)
        throw new Error(
          "Cannot compute an inception score: the feature network has no classes (inception or judge is wanted)",
        );
      const { mean, deviation } = inceptionScore(logits);
      return [{ name: "inception score", value: mean, deviation }];
    },
  },
  precision: {
    summary: "Precision, recall, density and coverage, by the third neighbour",
    real: "pictures",
    compute: ({ real, generated }) => figures(precisionRecall(real!.features, generated.features)),
  },
  nearest: {
    summary: "Distance of features to the nearest real picture",
    real: "pictures",
    compute({ real, generated }) {
      const distances = nearestNeighbours(generated.features, real!.features).map(({ distance }) => distance);
      return [meanOf("distance to the nearest real picture", distances)];
    },
  },
  clip: {
    summary: "CLIP score of the generated pictures with their captions, by the CLIP of --features",
    real: "nothing",
    compute({ generated, captions }) {
      if (captions === undefined)
        throw new Error('Cannot compute "clip": the feature network is no CLIP, or the pictures have no captions');
      return [meanOf("CLIP score", clipScore(generated.features, captions).scores)];
    },
  },
};

/** The metrics on pairs of pictures of the same names. */
export const pairMetrics = {
  psnr: { summary: "Peak signal-to-noise ratio in dB, of pairs of the same names", of: psnr },
  ssim: { summary: "Structural similarity, of pairs of the same names", of: ssim },
} as const;

/** What to compare. */
export interface PictureReportOptions {
  readonly metrics: readonly string[];
  /** Feature network as readFeatureNetwork takes it; for metrics on features. */
  readonly features?: string;
  /** Pictures, or the statistics that others made of them. */
  readonly real?: Pictures | GaussianStatistics;
  readonly generated: Pictures;
  /** Of the generated pictures; for CLIP scores. */
  readonly captions?: readonly string[];
  /** Real and generated of the same names; for metrics on pairs. */
  readonly pairs?: readonly (readonly [real: number, generated: number])[];
  readonly batchSize?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doing: string, done: number, total: number) => void;
}

/** The figures of all metrics, and what to know of them. Throws Error when a metric lacks what it needs. */
export async function pictureReport(
  engine: Engine,
  { metrics, features, real, generated, captions, pairs = [], batchSize, signal, onProgress }: PictureReportOptions,
): Promise<{ readonly figures: readonly Figure[]; readonly notices: readonly string[] }> {
  const wanted = metrics.filter((name) => Object.hasOwn(featureMetrics, name));
  const pictures = real !== undefined && "read" in real ? real : undefined;
  for (const name of wanted) {
    const needs = featureMetrics[name].real;
    const isThere = needs === "nothing" || (needs === "statistics" ? real : pictures) !== undefined;
    if (!isThere)
      throw new Error(
        `Cannot compute "${name}": there are no real pictures${real === undefined ? "" : ", only their statistics"} (a folder of them is wanted)`,
      );
    if (features === undefined) throw new Error(`Cannot compute "${name}": no feature network is named`);
  }
  const found: Figure[] = [];
  const notices: string[] = [];
  if (wanted.length > 0) {
    const extractor = await openFeatureExtractor(engine, await readFeatureNetwork(features!));
    try {
      const extract = (set: Pictures) =>
        extractor.extract(set, { batchSize, signal, onProgress: (done, total) => onProgress?.(set.name, done, total) });
      const clip = /^clip:(.*)$/s.exec(features!)?.[1];
      const texts =
        clip !== undefined && captions !== undefined && wanted.includes("clip")
          ? await captionFeatures(engine, clip, captions, { signal })
          : undefined;
      const made = await extract(generated);
      const given = pictures === undefined ? undefined : await extract(pictures);
      notices.push(...rankNotices(extractor, metrics, [made, given]));
      const measured: Measured = {
        real: given,
        statistics: () => (given === undefined ? (real as GaussianStatistics) : statisticsOf(given.features)),
        generated: made,
        captions: texts,
        distance: extractor.network.distance,
      };
      for (const name of wanted) found.push(...featureMetrics[name].compute(measured));
    } finally {
      await extractor.close();
    }
  }
  for (const name of metrics.filter((metric): metric is keyof typeof pairMetrics =>
    Object.hasOwn(pairMetrics, metric),
  )) {
    if (pictures === undefined || pairs.length === 0)
      throw new Error(`Cannot compute "${name}": no two pictures have the same name (pairs of them are wanted)`);
    const values: number[] = [];
    for (const [i, [a, b]] of pairs.entries()) {
      signal?.throwIfAborted();
      values.push(pairMetrics[name].of((await pictures.read(a)).image, (await generated.read(b)).image));
      onProgress?.(name, i + 1, pairs.length);
    }
    found.push(meanOf(name === "psnr" ? "PSNR (dB)" : "SSIM", values));
  }
  return { figures: found, notices };
}

const rankNotices = (
  { network: { distance, width } }: FeatureExtractor,
  metrics: readonly string[],
  sets: readonly (PictureFeatures | undefined)[],
): string[] => {
  const counts = sets.flatMap((set) => (set === undefined ? [] : [set.features.dims[0]]));
  return metrics.includes("fid") ? rankNotice(distance, Math.min(...counts), width) : [];
};

function meanOf(name: string, values: readonly number[]): Figure {
  const { mean, deviation } = meanDeviation(values);
  return { name, value: mean, deviation };
}
