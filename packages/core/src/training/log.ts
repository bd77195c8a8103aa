// The log of a run: one JSON object a line, in log.jsonl. A run that is resumed forgets the lines after its checkpoint, so that
// the log is that of the weights.

import { writeFileAtomic } from "#platform";
import type { Disk } from "../platform/disk.ts";

/** Scalars of one step, by name. */
export type Scalars = Readonly<Record<string, number>>;

/** What a run writes down. `step` is the number of optimizer steps done. */
export type LogLine =
  | { readonly kind: "start"; readonly step: number; readonly time: string; readonly text: string }
  | {
      readonly kind: "step";
      readonly step: number;
      readonly epoch: number;
      /** Training time so far, over all sessions. */
      readonly seconds: number;
      readonly learningRate: number;
      readonly imagesPerSecond: number;
      readonly scalars: Scalars;
    }
  | { readonly kind: "validation"; readonly step: number; readonly loss: number; readonly scalars: Scalars }
  | { readonly kind: "samples"; readonly step: number; readonly title: string; readonly file: string }
  | { readonly kind: "notice"; readonly step: number; readonly text: string }
  | { readonly kind: "end"; readonly step: number; readonly time: string; readonly text: string };

/** A log that is open for writing. */
export interface Log {
  /** What was written so far, in this session and those before. */
  readonly lines: readonly LogLine[];
  write(line: LogLine): Promise<void>;
  close(): Promise<void>;
}

/** The lines of the log at `path`; none when there is none. A last line that was cut off is left out. */
export async function readLog(path: string, disk: Disk): Promise<LogLine[]> {
  const text = (await disk.readText(path)) ?? "";
  return text.split("\n").flatMap((line, i, all): LogLine[] => {
    if (line === "") return [];
    try {
      return [JSON.parse(line, asNumber) as LogLine];
    } catch (cause) {
      if (i === all.length - 1) return [];
      throw new Error(`Cannot read "${path}": line ${i + 1} is no JSON`, { cause });
    }
  });
}

/** Opens the log at `path` for a run that goes on after `step`: later lines are dropped. */
export async function openLog(path: string, { disk, step }: { disk: Disk; step: number }): Promise<Log> {
  const kept = (await readLog(path, disk)).filter((line) => line.step <= step);
  const encode = (line: LogLine) => new TextEncoder().encode(`${JSON.stringify(line, asText)}\n`);
  await writeFileAtomic(path, kept.map(encode));
  const file = await disk.open(path);
  let offset = await file.size();
  return {
    lines: kept,
    async write(line) {
      kept.push(line);
      const bytes = encode(line);
      const start = offset;
      offset += bytes.length; // before waiting: lines may be written side by side
      await file.write(bytes, start);
    },
    close: () => file.close(),
  };
}

// JSON has no NaN and no infinity; in a log of a failing run they are the news.
const special = ["NaN", "Infinity", "-Infinity"];
const asText = (_: string, value: unknown): unknown =>
  typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
const asNumber = (_: string, value: unknown): unknown =>
  typeof value === "string" && special.includes(value) ? Number(value) : value;
