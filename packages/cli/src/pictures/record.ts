// The record inside a saved picture: core's, and how its model was opened, so that --from can do it all again.

import { z } from "zod";
import { generateOptions } from "@noisette/core/pipelines/options";
import type { PictureRecord } from "@noisette/core";
import { readBytes } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { checkpointOptions } from "../models/model-options.ts";

/** Keyword of the record's text chunk. */
export const recordKeyword = "noisette";

const savedRecord = z.looseObject({
  version: z.string(),
  model: z.looseObject({ name: z.string(), path: z.string(), hash: z.string() }),
  device: z.string(),
  options: generateOptions,
  batch: z.object({ index: z.int().min(0), size: z.int().min(1) }).optional(),
  init: z.enum(["image", "latents"]).optional(),
  mask: z.boolean().optional(),
  depth: z.boolean().optional(),
  upscaler: z.boolean().optional(),
  template: z.object({ prompt: z.string(), negativePrompt: z.string().optional() }).optional(),
  refiner: z.looseObject({ path: z.string() }).optional(),
  /** The flags that say which model and how to read it. */
  loading: checkpointOptions.optional(),
});

/** What --from needs of a picture's record. */
export type SavedRecord = z.output<typeof savedRecord>;

/** The record as the text that is saved: in the schemas' order, so that a picture made again is the same file. */
export function formatRecord(record: PictureRecord, loading: z.output<typeof checkpointOptions>): string {
  return JSON.stringify({
    ...record,
    options: generateOptions.parse(record.options),
    loading: checkpointOptions.parse(loading),
  });
}

/** The record in the PNG at `path`. Throws Error when there is none, or it does not say all that is needed. */
export async function readRecord(path: string): Promise<SavedRecord> {
  const png = await readBytes(path);
  let text: string | undefined;
  try {
    text = readTextChunks(png)[recordKeyword];
  } catch (cause) {
    throw new Error(`Cannot repeat "${path}": ${(cause as Error).message}`, { cause });
  }
  if (text === undefined)
    throw new Error(`Cannot repeat "${path}": it holds no record (a PNG that noisette saved is wanted)`);
  return parseRecord(text, path);
}

/** The record that `text` is; `path` is for the message of the Error when it is none. */
export function parseRecord(text: string, path: string): SavedRecord {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot repeat "${path}": its record is no JSON`, { cause });
  }
  const record = savedRecord.safeParse(json);
  if (record.success) return record.data;
  const [{ path: place, message }] = record.error.issues;
  throw new Error(`Cannot repeat "${path}": its record has ${place.join(".") || "the wrong form"}: ${message}`, {
    cause: record.error,
  });
}
