// What trainers read: examples by index. Where they come from (folder, shards, manifest) is the reader's own matter.

import type { Image } from "../image/image.ts";

/** What is known about a picture. */
export interface Description {
  /** Stable name within its data set: a path or a key. */
  readonly id: string;
  readonly caption?: string;
  readonly label?: number;
  /** Everything else that is written beside the picture. */
  readonly columns: Readonly<Record<string, unknown>>;
}

/** One picture with what is known about it. */
export interface Example extends Description {
  readonly image: Image;
}

/** An example that cannot be read, and why. */
export interface Skipped {
  readonly id: string;
  readonly reason: string;
}

/** Examples by index 0 … length−1. Pictures are decoded when read. */
export interface Dataset {
  readonly name: string;
  readonly length: number;
  /** `epoch`, from 0, is for sets that draw captions or pictures anew each time through: the same for the same pair. */
  read(index: number, epoch?: number): Promise<Example>;
  /** The same without its picture, which is not decoded. */
  describe(index: number, epoch?: number): Description;
  /** How many pictures an example has: epoch e shows number e modulo this. One where it is not said, Infinity for a new one each time. */
  readonly variants?: number;
  /** How often each example is seen, relative to the others; all alike where it is not said. */
  readonly weights?: ArrayLike<number>;
  /** What was left out when the set was opened. */
  readonly skipped: readonly Skipped[];
  /** Names the examples and their order: a run is resumed only on the same data. */
  readonly hash: string;
}
