// Pictures of a trained model, made in batches that are each a strip on disk: what was stopped goes on after the last of them.

import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { saveJson } from "@noisette/core/checkpoints/save/model-parts";
import { readTextlessModel } from "@noisette/core/checkpoints/textless-model";
import { cropImage } from "@noisette/core/image/compose";
import type { Image } from "@noisette/core/image/image";
import { readImage, writePng } from "@noisette/core/image/png";
import type { SampleOptions } from "@noisette/core/pipelines/sample-options";
import { textlessModelOn } from "@noisette/core/pipelines/textless-model";
import { disk } from "@noisette/core/platform/node";
import type { Engine } from "@noisette/core/runtime/engine";

/** How pictures are made. */
export type Sampling = Required<Pick<SampleOptions, "sampler" | "steps" | "guidanceScale">>;

/** What to make. */
export interface SamplesOptions {
  /** Folder of the trained model. */
  readonly model: string;
  readonly sampling: Sampling;
  /** Pictures, as many of each class as the next whole number allows. */
  readonly count: number;
  /** Classes to ask for, for a model that has them. */
  readonly classes?: number;
  /** Folder of the strips. */
  readonly into: string;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** What was made. */
export interface Samples {
  readonly sampling: Sampling;
  readonly images: readonly Image[];
  /** The class that each was asked for. */
  readonly labels: readonly number[] | undefined;
  /** Sampling alone, without loading and saving. */
  readonly seconds: number;
}

/** Of all strips of a folder: what they are of, and the seconds of each that is finished. */
interface Progress {
  readonly of: {
    readonly hash: string;
    readonly sampling: Sampling;
    readonly total: number;
    readonly batchSize: number;
  };
  readonly seconds: readonly number[];
}

const batchSize = 50;

/** Makes the pictures, or reads those that are there. Number i has the seed i. */
export async function makeSamples(
  engine: Engine,
  { model: path, sampling, count, classes, into, signal, onProgress }: SamplesOptions,
): Promise<Samples> {
  const files = await readTextlessModel(path);
  const each = classes === undefined ? count : Math.ceil(count / classes);
  const total = each * (classes ?? 1);
  const of: Progress["of"] = { hash: await files.hash(), sampling, total, batchSize };
  const notes = join(into, "samples.json");
  const before = JSON.parse((await disk!.readText(notes)) ?? "{}") as Partial<Progress>;
  const isSame = JSON.stringify(before.of) === JSON.stringify(of);
  if (!isSame) await rm(into, { recursive: true, force: true });
  await mkdir(into, { recursive: true });
  const seconds = isSame ? [...before.seconds!] : [];
  const stripAt = (batch: number) => join(into, `${String(batch).padStart(4, "0")}.png`);

  const model = textlessModelOn(engine, files);
  try {
    for (let batch = seconds.length; batch * batchSize < total; batch++) {
      const numbers = numbersFrom(batch * batchSize, Math.min(batchSize, total - batch * batchSize));
      const made: Image[] = [];
      let stepsMs = 0;
      const run = model.sample({
        ...sampling,
        ...(classes !== undefined && { classes: Array.from({ length: classes }, (_, label) => label) }),
        count: each,
        seed: 0,
        batchSize,
        pictures: numbers,
        signal,
      });
      for await (const event of run) {
        if (event.kind === "step") {
          stepsMs += event.stepMs;
          onProgress?.(numbers[0] + (event.step / event.steps) * numbers.length, total);
        }
        if (event.kind === "image") made.push(event.image);
      }
      await writePng(stripAt(batch), sideBySide(made));
      seconds.push(stepsMs / 1000);
      await saveJson(notes, { of, seconds });
    }
  } finally {
    await model.close();
  }

  const images: Image[] = [];
  for (let batch = 0; batch < seconds.length; batch++) {
    const strip = await readImage(stripAt(batch));
    const side = strip.height;
    for (let left = 0; left < strip.width; left += side)
      images.push(cropImage(strip, { left, top: 0, width: side, height: side }));
  }
  return {
    sampling,
    images,
    labels: classes === undefined ? undefined : images.map((_, i) => Math.floor(i / each)),
    seconds: seconds.reduce((sum, one) => sum + one, 0),
  };
}

const numbersFrom = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

/** Square pictures of one size as one, without gaps. */
function sideBySide(images: readonly Image[]): Image {
  const [{ height, channels }] = images;
  const width = images.length * height;
  const data = new Uint8Array(width * height * channels);
  images.forEach((image, i) => {
    for (let y = 0; y < height; y++)
      data.set(
        image.data.subarray(y * height * channels, (y + 1) * height * channels),
        (y * width + i * height) * channels,
      );
  });
  return { width, height, channels, data };
}
