// The record inside a saved picture: core's, and how its model was opened, so that it can be made again.

import { z } from "zod";
import { checkpointOptions } from "../pipelines/checkpoint-options.ts";
import { generateOptions } from "../pipelines/options.ts";
import type { PictureRecord } from "../pipelines/record.ts";

/** Keyword of the record among a file's texts. */
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
  controls: z.boolean().optional(),
  ipAdapters: z.boolean().optional(),
  upscaler: z.boolean().optional(),
  template: z.object({ prompt: z.string(), negativePrompt: z.string().optional() }).optional(),
  loras: z.array(z.looseObject({ name: z.string(), path: z.string(), hash: z.string() })).optional(),
  refiner: z.looseObject({ path: z.string() }).optional(),
  /** Which model, and how to read it. */
  loading: checkpointOptions.optional(),
  /** Folder that names of adapters were looked up in. */
  adapters: z.string().min(1).optional(),
});

/** What making a picture again needs of its record. */
export type SavedRecord = z.output<typeof savedRecord>;

/** Which model, how to read it, and the folder that names of adapters were looked up in. */
export type RecordedLoading = z.output<typeof checkpointOptions> & { readonly adapters?: string };

/** The record as the text that is saved: in the schemas' order, so that a picture made again is the same file. */
export function formatRecord(record: PictureRecord, { adapters, ...loading }: RecordedLoading): string {
  return JSON.stringify({
    ...record,
    options: generateOptions.parse(record.options),
    loading: checkpointOptions.parse(loading),
    adapters,
  });
}

/** The record that `text` is; `path` is for the message of the Error when it is none. */
export function parseRecord(text: string, path: string): SavedRecord {
  return readRecord(text, path, {
    schema: savedRecord,
    isOther: ({ command }) => command !== undefined,
    other: "it was made without text (noisette sample --from is wanted)",
  });
}

/** A kind of record, and how to tell the other one, which is told in words. */
interface RecordKind<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly isOther: (json: { readonly command?: unknown }) => boolean;
  readonly other: string;
}

/** `text` as a record of a kind. Throws Error when it is none. */
export function readRecord<Schema extends z.ZodType>(
  text: string,
  path: string,
  { schema, isOther, other }: RecordKind<Schema>,
): z.output<Schema> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new Error(`Cannot repeat "${path}": its record is no JSON`, { cause });
  }
  if (typeof json === "object" && json !== null && isOther(json)) throw new Error(`Cannot repeat "${path}": ${other}`);
  const record = schema.safeParse(json);
  if (record.success) return record.data;
  const [{ path: place, message }] = record.error.issues;
  throw new Error(`Cannot repeat "${path}": its record has ${place.join(".") || "the wrong form"}: ${message}`, {
    cause: record.error,
  });
}
