// When each stage was finished, where, how long it took and what came of it: one JSON file, kept with the recipes.

import { readFile } from "node:fs/promises";
import { cpus } from "node:os";
import { saveJson } from "@noisette/core/checkpoints/save/model-parts";

/** A finished stage. */
export interface StageRecord {
  /** Day, year first. */
  readonly date: string;
  readonly machine: string;
  readonly seconds: number;
  readonly result: unknown;
}

/** The records in the file at `path`, by stage; none without the file. */
export async function readRecords(path: string): Promise<Record<string, StageRecord>> {
  const text = await readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return "{}";
    throw cause;
  });
  return JSON.parse(text) as Record<string, StageRecord>;
}

/** Adds the record of `stage` to the file. */
export async function writeRecord(
  path: string,
  stage: string,
  { seconds, result }: Pick<StageRecord, "seconds" | "result">,
): Promise<void> {
  const all = cpus();
  const record = { date: new Date().toISOString().slice(0, 10), machine: `${all.length} × ${all[0].model.trim()}` };
  await saveJson(path, { ...(await readRecords(path)), [stage]: { ...record, seconds: Math.round(seconds), result } });
}
