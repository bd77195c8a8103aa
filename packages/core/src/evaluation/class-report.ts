// How good generated pictures of known classes are, with what there is to compare: pictures of concepts in styles, asked
// for by the captions of real ones, beside those real ones (the ceiling) and two cheats (the floors): a training picture
// of the same concept in another style, and the training picture nearest to the real one.

import type { Dataset, Example } from "../data/dataset.ts";
import { pictureClasses } from "../data/picture-classes.ts";
import type { PictureClasses } from "../data/picture-classes.ts";
import type { Image } from "../image/image.ts";
import { judgeWidth } from "../models/judge.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { fittedPicture, pictureTensor } from "../training/pictures.ts";
import { captionFeatures } from "./caption-features.ts";
import { topShares } from "./class-scores.ts";
import type { TopShares } from "./class-scores.ts";
import { clipScore } from "./clip-score.ts";
import { readFeatureNetwork } from "./feature-network.ts";
import { frechetDistance } from "./frechet-distance.ts";
import { statisticsOf } from "./gaussian-statistics.ts";
import { readJudge } from "./judge-files.ts";
import { nearestNeighbours } from "./nearest-neighbour.ts";
import { openFeatureExtractor, picturesInMemory } from "./picture-features.ts";
import type { FeatureExtractor } from "./picture-features.ts";
import { rankNotice } from "./rank-notice.ts";

/** What a judge says of one set of pictures. */
export interface JudgedSet {
  readonly pictures: number;
  readonly concept: TopShares;
  /** Share of the pictures in the wanted style. */
  readonly style: number;
  /** Fréchet distance on the judge's features from the real pictures; undefined for those themselves. */
  readonly distance: number | undefined;
  /** CLIP score of the pictures with their captions; undefined without a CLIP. */
  readonly clipScore: number | undefined;
}

/** The sets of pictures, and what they are called. */
export const judgedSets = {
  generated: "generated",
  real: "real pictures (ceiling)",
  otherStyle: "training picture of the concept in another style (floor)",
  nearest: "training picture nearest to the real one (floor)",
} as const;

/** Least, median and mean of some numbers. */
export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly mean: number;
}

/** The measurements. */
export interface ClassReport {
  /** Shares that guessing would have. */
  readonly chance: TopShares & { readonly style: number };
  /** A set is missing where there are no pictures for it. */
  readonly sets: Readonly<Partial<Record<keyof typeof judgedSets, JudgedSet>>>;
  /** Root mean square difference to the nearest training picture, at 32 px, of values from 0 to 1: near 0 is a copy. */
  readonly neighbours: { readonly generated: Spread; readonly real: Spread };
  readonly notices: readonly string[];
}

/** What is compared. */
export interface ClassReportOptions {
  /** Folder of a judge that knows the classes. */
  readonly judge: string;
  /** Folder of a CLIP, for scores. */
  readonly clip?: string;
  /** Number i was asked for by the caption of number i of `real`. */
  readonly generated: readonly Image[];
  readonly real: Dataset;
  /** What the generator learnt from. */
  readonly training: Dataset;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doing: string, done: number, total: number) => void;
}

const thumbnailSide = 32;

/** Measures. Throws Error when the data sets do not say the classes of their pictures, RangeError when the counts differ. */
export async function classReport(
  engine: Engine,
  { judge, clip, generated, real, training, signal, onProgress }: ClassReportOptions,
): Promise<ClassReport> {
  if (generated.length !== real.length)
    throw new RangeError(
      `Cannot compare ${generated.length} generated pictures with ${real.length} real ones (one for each is wanted)`,
    );
  const files = await readJudge(judge);
  const classesOf = (example: Example) => pictureClasses(example, files.columns);
  const reals = await readEach(real, (example) => example, signal);
  const wanted = reals.map(classesOf);
  const learnt = await readEach(
    training,
    (example, i) => {
      onProgress?.("training pictures", i + 1, training.length);
      return { id: example.id, classes: classesOf(example), thumbnail: thumbnail(example.image) };
    },
    signal,
  );

  const learntThumbnails = stacked(learnt.map((one) => one.thumbnail));
  // A picture that was learnt from is not its own neighbour.
  const isItself = (r: number, t: number) => real.hash === training.hash && reals[r].id === learnt[t].id;
  const realNeighbours = nearestNeighbours(stacked(reals.map(({ image }) => thumbnail(image))), learntThumbnails, {
    skip: isItself,
  });
  const neighbours = nearestNeighbours(stacked(generated.map(thumbnail)), learntThumbnails);
  const otherStyle = wanted.map(({ concept, style }) =>
    learnt.findIndex(({ classes }) => classes.concept === concept && classes.style !== style),
  );

  /** A set's pictures, with the number of the real one that each stands for. */
  type Entry = readonly [of: number, image: Image];
  const fromTraining = async (indices: readonly number[]): Promise<Entry[]> => {
    const entries: Entry[] = [];
    for (const [of, index] of indices.entries()) if (index >= 0) entries.push([of, (await training.read(index)).image]);
    return entries;
  };
  const sets: Record<keyof typeof judgedSets, readonly Entry[]> = {
    generated: [...generated.entries()],
    real: [...reals.map(({ image }) => image).entries()],
    otherStyle: await fromTraining(otherStyle),
    nearest: await fromTraining(realNeighbours.map(({ index }) => index)),
  };

  const extract = async (extractor: FeatureExtractor, name: keyof typeof judgedSets) => {
    const pictures = picturesInMemory(
      judgedSets[name],
      sets[name].map(([, image]) => image),
    );
    return extractor.extract(pictures, {
      signal,
      onProgress: (done, total) => onProgress?.(pictures.name, done, total),
    });
  };
  const names = (Object.keys(sets) as (keyof typeof judgedSets)[]).filter((name) => sets[name].length > 0);
  const judged = new Map<string, Awaited<ReturnType<typeof extract>>>();
  const scores = new Map<string, number>();
  const eye = await openFeatureExtractor(engine, await readFeatureNetwork(`judge:${judge}`));
  try {
    for (const name of names) judged.set(name, await extract(eye, name));
  } finally {
    await eye.close();
  }
  if (clip !== undefined) {
    const captions = reals.map(({ id, caption }) => captionOf(id, caption));
    const texts = await captionFeatures(engine, clip, captions, { signal });
    const tower = await openFeatureExtractor(engine, await readFeatureNetwork(`clip:${clip}`));
    try {
      for (const name of names) {
        const { features } = await extract(tower, name);
        scores.set(
          name,
          clipScore(
            features,
            chosenRows(
              texts,
              sets[name].map(([of]) => of),
            ),
          ).mean,
        );
      }
    } finally {
      await tower.close();
    }
  }

  const goal = statisticsOf(judged.get("real")!.features);
  const measure = (name: keyof typeof judgedSets): JudgedSet => {
    const { features, logits, styles } = judged.get(name)!;
    const classes = sets[name].map(([of]) => wanted[of]);
    const numbers = (known: readonly string[], kind: keyof PictureClasses) =>
      classes.map((one) => known.indexOf(one[kind]));
    return {
      pictures: classes.length,
      concept: topShares(logits!, numbers(files.concepts, "concept")),
      style: topShares(styles!, numbers(files.styles, "style")).top1,
      distance: name === "real" || classes.length < 2 ? undefined : frechetDistance(statisticsOf(features), goal),
      clipScore: scores.get(name),
    };
  };
  const unknown = wanted.find(({ concept }) => !files.concepts.includes(concept));
  const width = judgeWidth(files.config);
  return {
    chance: {
      top1: 1 / files.concepts.length,
      top5: Math.min(1, 5 / files.concepts.length),
      style: 1 / files.styles.length,
    },
    sets: Object.fromEntries(names.map((name) => [name, measure(name)])),
    neighbours: {
      generated: spreadOf(neighbours.map(({ distance }) => distance)),
      real: spreadOf(realNeighbours.map(({ distance }) => distance)),
    },
    notices: [
      ...(unknown === undefined ? [] : [`the judge does not know "${unknown.concept}": such pictures count as wrong`]),
      ...rankNotice("FD-judge", generated.length, width),
    ],
  };
}

async function readEach<T>(
  dataset: Dataset,
  make: (example: Example, index: number) => T,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const made: T[] = [];
  for (let index = 0; index < dataset.length; index++) {
    signal?.throwIfAborted();
    made.push(make(await dataset.read(index), index));
  }
  return made;
}

/** A small picture on white as values from 0 to 1. */
function thumbnail(image: Image): Float32Array {
  const small = fittedPicture(image, { width: thumbnailSide, height: thumbnailSide }, "crop");
  return pictureTensor([small], { channels: 3 }).data.map((value) => (value + 1) / 2);
}

function stacked(rows: readonly Float32Array[]): Tensor {
  const all = tensor([rows.length, rows[0].length]);
  rows.forEach((values, i) => all.data.set(values, i * values.length));
  return all;
}

const chosenRows = ({ dims: [, width], data }: Tensor, chosen: readonly number[]): Tensor =>
  stacked(chosen.map((i) => data.subarray(i * width, (i + 1) * width)));

function captionOf(id: string, caption: string | undefined): string {
  if (caption === undefined)
    throw new Error(`Cannot score "${id}": it has no caption (metadata.jsonl or .txt is wanted)`);
  return caption;
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return {
    least: sorted[0],
    median: sorted[Math.floor(sorted.length / 2)],
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
  };
}
