// Examples of a data set as trainers read them: in the wanted shape, the unreadable ones replaced by their neighbours, some set
// aside for validation.

import type { Size } from "../data/aspect-buckets.ts";
import type { Dataset, Example } from "../data/dataset.ts";
import { order } from "../data/order.ts";
import type { Fit } from "../image/compose.ts";
import { fittedPicture } from "./pictures.ts";

/** The examples of `dataset` with the given indices, in their order. */
export function subset(dataset: Dataset, indices: ArrayLike<number>): Dataset {
  const { weights } = dataset;
  return {
    ...dataset,
    ...(weights && { weights: Array.from(indices, (index) => weights[index]) }),
    length: indices.length,
    read: (index, epoch) => dataset.read(indices[index], epoch),
    describe: (index, epoch) => dataset.describe(indices[index], epoch),
  };
}

/** At most so much of a data set is set aside for validation. */
const largestShare = 0.2;

/** What is learnt from, and what is not. */
export interface Division {
  readonly training: Dataset;
  readonly validation: Dataset | undefined;
}

// An epoch that no run comes to.
const shuffledOnce = (dataset: Dataset, seed: number): Uint32Array => order(dataset.length, seed, 2 ** 31);

/** At most `count` examples of `from`, chosen by the seed, to validate on; all of `training` to learn from. */
export function beside(
  training: Dataset,
  { from, count, seed }: { from: Dataset; count: number; seed: number },
): Division {
  return { training, validation: count === 0 ? undefined : subset(from, shuffledOnce(from, seed).slice(0, count)) };
}

/** `count` examples chosen by the seed to validate on, and the others to learn from. */
export function setAside(dataset: Dataset, { count, seed }: { count: number; seed: number }): Division {
  const aside = Math.min(count, Math.floor(dataset.length * largestShare));
  if (aside === 0) return { training: dataset, validation: undefined };
  const shuffled = shuffledOnce(dataset, seed);
  return {
    training: subset(dataset, shuffled.slice(aside).sort()),
    validation: subset(dataset, shuffled.slice(0, aside)),
  };
}

/** An example in the shape that is trained. */
export interface FittedExample extends Example {
  /** The picture's own size. */
  readonly whole: Size;
}

/** Reads examples, and remembers which cannot be. */
export interface ExampleReader {
  /** The example at `index`, its picture in `shape`; when it cannot be read, the next one that can. */
  read(index: number, epoch: number, shape: Size): Promise<FittedExample>;
  /** The same with the picture as it is. */
  readWhole(index: number, epoch: number): Promise<Example>;
}

/** A reader of `dataset`. Each example that cannot be read is told once; when none can be, reading throws. */
export function exampleReader(
  dataset: Dataset,
  { fit, notice }: { fit: Fit; notice: (text: string) => void },
): ExampleReader {
  const damaged = new Set<number>();
  async function readWhole(index: number, epoch: number): Promise<Example> {
    for (let tried = 0; tried < dataset.length; tried++) {
      const at = (index + tried) % dataset.length;
      if (damaged.has(at)) continue;
      try {
        return await dataset.read(at, epoch);
      } catch (error) {
        damaged.add(at);
        notice(`${(error as Error).message}: skipped`);
      }
    }
    throw new Error(`Cannot read "${dataset.name}": none of its ${dataset.length} pictures can be read`);
  }
  return {
    readWhole,
    async read(index, epoch, shape) {
      const example = await readWhole(index, epoch);
      const { width, height } = example.image;
      return { ...example, whole: { width, height }, image: fittedPicture(example.image, shape, fit) };
    },
  };
}
