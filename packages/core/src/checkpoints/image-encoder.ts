// The image tower of a CLIP, in a folder as transformers saves it.

import { joinPath, pathExists, readText } from "#platform";
import type { PixelStatistics } from "../image/clip-pixels.ts";
import type { ClipVisionConfig } from "../models/clip-vision.ts";
import { clipVisionConfig } from "../models/clip-vision.ts";
import type { PublishedConfig } from "../models/config.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { parsePythonJsonObject } from "../util/python-json.ts";
import { readComponentWeights } from "./component-weights.ts";

/** An image encoder's files. */
export interface ImageEncoderFiles {
  readonly path: string;
  readonly config: ClipVisionConfig;
  readonly tensors: StoredTensors;
  /** Of the colours it was trained on; undefined for CLIP's own. */
  readonly statistics: PixelStatistics | undefined;
}

/** The image tower in `folder`. Reads headers only. Throws Error when there is none. */
export async function readImageEncoder(folder: string): Promise<ImageEncoderFiles> {
  const config = clipVisionConfig(await readConfig(folder));
  const { tensors } = await readComponentWeights(folder);
  return { path: folder, config, tensors, statistics: await readPixelStatistics(folder) };
}

/** The config.json in `folder`. */
export async function readConfig(folder: string): Promise<PublishedConfig> {
  const path = joinPath(folder, "config.json");
  return parsePythonJsonObject(await readText(path), path);
}

/** The colours' means and deviations that preprocessor_config.json says; undefined, CLIP's own, where there is none. */
async function readPixelStatistics(folder: string): Promise<PixelStatistics | undefined> {
  const path = joinPath(folder, "preprocessor_config.json");
  if (!(await pathExists(path))) return undefined;
  const { image_mean: mean, image_std: deviation } = parsePythonJsonObject(await readText(path), path);
  const areThree = (value: unknown): value is number[] =>
    Array.isArray(value) && value.length === 3 && value.every(Number.isFinite);
  if (mean === undefined && deviation === undefined) return undefined;
  if (!areThree(mean) || !areThree(deviation))
    throw new Error(
      `Cannot read "${path}": "image_mean" and "image_std" are ${JSON.stringify(mean)} and ${JSON.stringify(deviation)} (three numbers each are wanted)`,
    );
  return { mean, deviation };
}
