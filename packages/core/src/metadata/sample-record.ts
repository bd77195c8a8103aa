// The record inside a picture that a model without text made, under the same keyword as those of text.

import { z } from "zod";
import { scheduleTable } from "../diffusion/schedules/index.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import { sampleOptions } from "../pipelines/sample-options.ts";
import type { SampleRecord } from "../pipelines/textless-events.ts";
import { readRecord } from "./saved-record.ts";

/** Says whose record it is: that of a generation from text has no such field. */
const sampleCommand = "sample";

const loading = z.strictObject({
  model: z.string().min(1),
  revision: z.string().min(1).optional(),
  variant: z.string().min(1).optional(),
});

const savedSample = z.looseObject({
  command: z.literal(sampleCommand),
  model: z.looseObject({ name: z.string(), path: z.string(), hash: z.string() }),
  device: z.string(),
  options: sampleOptions,
  batch: z.object({ index: z.int().min(0), size: z.int().min(1) }).optional(),
  loading,
});

/** Which model, and how to read it. */
export type SampleLoading = z.output<typeof loading>;

/** What making such a picture again needs of its record. */
export type SavedSample = z.output<typeof savedSample>;

/** The record as the text that is saved. */
export const formatSampleRecord = (record: SampleRecord, how: SampleLoading): string =>
  JSON.stringify({ command: sampleCommand, ...record, options: sampleOptions.parse(record.options), loading: how });

/** The record that `text` is; `path` is for the message of the Error when it is none. */
export function parseSampleRecord(text: string, path: string): SavedSample {
  return readRecord(text, path, {
    schema: savedSample,
    isOther: ({ command }) => command !== sampleCommand,
    other: "it was made from text (noisette generate --from is wanted)",
  });
}

/** The values of A1111's fields, and the class. */
export const sampleFields = ({
  options,
  batch,
  model,
  sampler,
  width,
  height,
  version,
}: SampleRecord): Record<string, string | number | undefined> => {
  const schedule = options.schedule && scheduleTable[options.schedule];
  return {
    Steps: options.steps,
    Sampler: samplerTable[sampler].names.a1111 ?? sampler,
    "Schedule type": schedule?.names.a1111 ?? options.schedule,
    "CFG scale": options.guidanceScale === 1 ? undefined : options.guidanceScale,
    Seed: options.seed,
    Size: `${width}x${height}`,
    "Model hash": model.hash,
    Model: model.name,
    Class: options.classes?.[Math.floor((batch?.index ?? 0) / options.count)],
    Eta: options.eta,
    RNG: options.rng === "philox" ? "NV" : "CPU",
    Version: `noisette ${version}`,
  };
};
