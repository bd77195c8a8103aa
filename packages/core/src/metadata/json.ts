// JSON that others wrote.

import { isRecord } from "../util/is-record.ts";
import { parsePythonJson } from "../util/python-json.ts";

/** An object with names. */
export type Json = Readonly<Record<string, unknown>>;

/** The object that `text` is, NaN and Infinity allowed as Python writes them; undefined when it is none. */
export function parseRecord(text: string): Json | undefined {
  try {
    const value = parsePythonJson(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
