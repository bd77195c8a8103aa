// JSON lines: one object per line.

import { isRecord } from "../util/is-record.ts";

/** The objects in `text`. Throws an Error that names `name` and the line when one is none. */
export function parseJsonLines(text: string, name: string): Record<string, unknown>[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new Error(`Cannot read "${name}": line ${i + 1} is no JSON (one object per line is wanted)`, { cause });
    }
    if (!isRecord(value)) {
      throw new Error(
        `Cannot read "${name}": line ${i + 1} is ${JSON.stringify(value).slice(0, 40)} (one object per line is wanted)`,
      );
    }
    return [value];
  });
}

/** `records` as JSON lines. */
export const jsonLines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join("");
