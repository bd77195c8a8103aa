// What the commands that measure have in common: an engine, a line of progress, figures as a table or JSON.

import { openEngine } from "@noisette/core/runtime/open-engine";
import type { Engine } from "@noisette/core/runtime/engine";
import type { Dataset } from "@noisette/core/data/dataset";
import { openDataset } from "@noisette/core/data/open-dataset";
import { order } from "@noisette/core/data/order";
import { subset } from "@noisette/core/training/examples";
import { z } from "zod";
import type { Presentation } from "../flags/flag.ts";
import { partOf } from "../flags/part-of.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { bar, showLine } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";

const deviceOptions = modelOptions.pick({ device: true, threads: true });

/** Flags of every command that measures. */
export const evaluationOptions = z.strictObject({
  limit: z.int().min(1).optional().describe("Measure so many pictures, chosen by --seed (all)"),
  batchSize: z.int().min(1).max(4096).default(16).describe("Pictures that go through a network at once"),
  seed: z.int().min(0).default(0).describe("Seed of what is drawn"),
  json: z.boolean().optional().describe("Print JSON"),
  ...deviceOptions.shape,
});

/** How they show themselves. */
export const evaluationPresentations: Readonly<Record<string, Presentation>> = {
  limit: { group: "Pictures" },
  batchSize: { group: "Memory" },
  seed: { group: "Pictures" },
  json: { group: "Output" },
  device: modelPresentations.device,
  threads: modelPresentations.threads,
};

/** The one word that a command needs. Throws UsageError when there are none or several. */
export function onlyWord(words: readonly string[], doing: string, wanted: string): string {
  if (words.length === 1) return words[0];
  throw new UsageError(
    `Cannot ${doing}: ${words.length === 0 ? "nothing is named" : `${words.length} are named`} (${wanted} is wanted)`,
  );
}

/** The flag's value. Throws UsageError when it was not written. */
export function needed<T>(value: T | undefined, flag: string, doing: string): T {
  if (value === undefined) throw new UsageError(`Cannot ${doing}: ${flag} is missing`);
  return value;
}

/** What a measurement is given. */
export interface Measuring {
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Shows how far something is. */
  progress(doing: string, done: number, total: number): void;
  /** Says something that stays. */
  notice(text: string): void;
}

/** What `measure` gives, with an engine that is closed after it. Ctrl-C stops it. */
export async function measuring<T>(
  given: Readonly<Record<string, unknown>>,
  measure: (context: Measuring) => Promise<T>,
): Promise<T> {
  const line = showLine(process.stderr);
  return interruptible(async (signal) => {
    const engine = await openEngine(partOf(deviceOptions, given));
    try {
      return await measure({
        engine,
        signal,
        progress: (doing, done, total) => line.rewrite(`${bar(done / total)} ${doing} ${done} of ${total}`),
        notice: (text) => line.keep(`note: ${text}`),
      });
    } finally {
      await engine.close();
    }
  }).finally(line.clear);
}

/** The pictures at `path`, or `limit` of them chosen by `seed`. */
export async function openPictures(
  path: string,
  { limit, seed = 0 }: { readonly limit?: number; readonly seed?: number },
  { signal, notice }: Pick<Measuring, "signal" | "notice">,
): Promise<Dataset> {
  const data = await openDataset(path, { check: "header", signal });
  for (const { id, reason } of data.skipped) notice(`"${id}" is skipped: ${reason}`);
  if (limit === undefined || limit >= data.length) return data;
  return subset(data, order(data.length, seed, 0).slice(0, limit).toSorted());
}

/** A number for people: four digits that count. */
export const figure = (value: number): string => {
  const text = Number(value.toPrecision(4));
  return Number.isFinite(text) ? String(text) : "∞";
};
