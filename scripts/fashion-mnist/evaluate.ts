// The models of Fashion-MNIST measured: Fréchet distances on the classifier's features, with a floor; classes that it sees, with a
// ceiling; bits per dimension of test pictures.

import { openIdx } from "@noisette/core/data/idx";
import { topShares } from "@noisette/core/evaluation/class-scores";
import { readFeatureNetwork } from "@noisette/core/evaluation/feature-network";
import { frechetDistance } from "@noisette/core/evaluation/frechet-distance";
import { statisticsOf } from "@noisette/core/evaluation/gaussian-statistics";
import { readJudge } from "@noisette/core/evaluation/judge-files";
import { openFeatureExtractor, picturesInMemory } from "@noisette/core/evaluation/picture-features";
import type { PictureFeatures, Pictures } from "@noisette/core/evaluation/picture-features";
import { readPixelModel, unetVariationalBound } from "@noisette/core/evaluation/unet-likelihood";
import type { Engine } from "@noisette/core/runtime/engine";
import { evenly } from "../recipes/evenly.ts";
import type { Samples } from "./samples.ts";

/** What a set of pictures is like. */
export interface MeasuredSet {
  readonly pictures: number;
  /** Fréchet distance on the classifier's features from all test pictures; undefined for those themselves. */
  readonly distance: number | undefined;
  /** Share in which the classifier sees the class that was asked for; undefined where none was. */
  readonly accuracy: number | undefined;
}

/** What is measured with the classifier. */
export interface ClassifierReport {
  /** What its Fréchet distance is called, and the width of its features. */
  readonly distance: string;
  readonly width: number;
  /** Test pictures; as many training pictures as were generated; the generated ones by name. */
  readonly test: MeasuredSet;
  readonly training: MeasuredSet;
  readonly generated: Readonly<Record<string, MeasuredSet>>;
}

/** Where things are, and how far measuring is. */
interface Measuring {
  /** Folder of the four files. */
  readonly data: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doing: string, done: number, total: number) => void;
}

/** Looks at all pictures with the classifier in the folder `classifier`. */
export async function classifierReport(
  engine: Engine,
  {
    classifier,
    generated,
    data,
    signal,
    onProgress,
  }: Measuring & { readonly classifier: string; readonly generated: Readonly<Record<string, Samples>> },
): Promise<ClassifierReport> {
  const { concepts } = await readJudge(classifier);
  const network = await readFeatureNetwork(`judge:${classifier}`);
  const extractor = await openFeatureExtractor(engine, network);
  try {
    const extract = (pictures: Pictures, doing: string) =>
      extractor.extract(pictures, {
        batchSize: 50,
        signal,
        onProgress: (done, total) => onProgress?.(doing, done, total),
      });
    const accuracyOf = ({ logits }: PictureFeatures, labels: readonly number[]) =>
      topShares(
        logits!,
        labels.map((label) => concepts.indexOf(String(label))),
      ).top1;
    const labelsOf = (set: Awaited<ReturnType<typeof openIdx>>) =>
      Array.from({ length: set.length }, (_, i) => set.describe(i).label!);

    const test = await openIdx(data, { split: "test" });
    const seen = await extract(test, "test pictures");
    const reference = statisticsOf(seen.features);
    const measured = (features: PictureFeatures, labels: readonly number[] | undefined): MeasuredSet => ({
      pictures: features.features.dims[0],
      distance: frechetDistance(statisticsOf(features.features), reference),
      accuracy: labels && accuracyOf(features, labels),
    });
    const count = Math.max(...Object.values(generated).map(({ images }) => images.length));
    const training = evenly(await openIdx(data), count);
    const sets: Record<string, MeasuredSet> = {};
    for (const [name, { images, labels }] of Object.entries(generated))
      sets[name] = measured(await extract(picturesInMemory(name, images), name), labels);
    return {
      distance: network.distance,
      width: network.width,
      test: { pictures: test.length, distance: undefined, accuracy: accuracyOf(seen, labelsOf(test)) },
      training: measured(await extract(training, "training pictures"), labelsOf(training)),
      generated: sets,
    };
  } finally {
    await extractor.close();
  }
}

/** Bits per dimension by the variational bound, of `pictures` test pictures evenly apart. */
export async function testLikelihood(
  engine: Engine,
  { model, pictures, data, signal, onProgress }: Measuring & { readonly model: string; readonly pictures: number },
): Promise<{ readonly pictures: number; readonly bitsPerDimension: number }> {
  const test = evenly(await openIdx(data, { split: "test" }), pictures);
  const { total } = await unetVariationalBound(engine, await readPixelModel(model), test, {
    batchSize: 50,
    signal,
    onStep: (done, steps) => onProgress?.("timesteps", done, steps),
  });
  return { pictures: test.length, bitsPerDimension: total };
}
