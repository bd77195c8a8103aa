// JSON as Python's json module writes it: NaN, Infinity and -Infinity may stand where a number does.
// Published scheduler_config.json files hold them (lambda_min_clipped: -Infinity).

import { isRecord } from "./is-record.ts";

/** Parses `text` as Python's json.loads does. Throws SyntaxError, with `name` in the message, when it is not JSON. */
export function parsePythonJson(text: string, name = "JSON"): unknown {
  // Strings are matched first, so that words inside them stay as they are.
  const standard = text.replace(
    /"[^"\\]*(?:\\[^][^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g,
    (token) => substitutes[token] ?? token,
  );
  try {
    return JSON.parse(standard, (_key, value) => (value === notANumber ? NaN : value));
  } catch (cause) {
    throw new SyntaxError(`Cannot read "${name}": ${(cause as Error).message}`, { cause });
  }
}

/** Parses `text` as a JSON object. Throws SyntaxError when it is JSON of another kind. */
export function parsePythonJsonObject(text: string, name = "JSON"): Record<string, unknown> {
  const value = parsePythonJson(text, name);
  if (!isRecord(value)) {
    throw new SyntaxError(`Cannot read "${name}": ${JSON.stringify(value)?.slice(0, 40)} (a JSON object is wanted)`);
  }
  return value;
}

// A private-use character keeps the stand-in apart from every string of a real file.
const notANumber = "\uE000NaN";
const substitutes: Record<string, string> = {
  NaN: JSON.stringify(notANumber),
  Infinity: "1e999", // overflows to Infinity, as IEEE 754 parsing must
  "-Infinity": "-1e999",
};
