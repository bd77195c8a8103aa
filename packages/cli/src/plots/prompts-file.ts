// Prompts from a file: one a line, or one line of flags for each, as A1111's script takes them.

import { readFile } from "node:fs/promises";
import type { GenerateOptions } from "@noisette/core";
import type { Flag } from "../flags/flag.ts";
import { parseLine } from "../flags/parse.ts";
import { UsageError } from "../usage-error.ts";

/** One line of the file. */
export interface PromptLine {
  /** The line as it is written. */
  readonly text: string;
  readonly options: Partial<GenerateOptions>;
}

/** The lines of the file at `path` that are not empty. Throws UsageError that names the line which cannot be read. */
export async function readPrompts(path: string, flags: readonly Flag[]): Promise<PromptLine[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read prompts from "${path}": ${(cause as Error).message}`, { cause });
  }
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/);
  const read = lines.flatMap((line, i) =>
    line.trim() === "" ? [] : [readLine(line.trim(), `${path}:${i + 1}`, flags)],
  );
  if (read.length === 0)
    throw new UsageError(`Cannot read prompts from "${path}": it is empty (a prompt a line is wanted)`);
  return read;
}

function readLine(text: string, place: string, flags: readonly Flag[]): PromptLine {
  if (!text.startsWith("--")) return { text, options: { prompt: text } };
  try {
    const { given, words } = parseLine(wordsOf(text), flags);
    if (words.length > 0) throw new UsageError(`the words ${JSON.stringify(words.join(" "))} belong to no flag`);
    return { text, options: given };
  } catch (cause) {
    throw new UsageError(`Cannot read ${place}: ${(cause as Error).message}`, { cause });
  }
}

/** A line as a shell takes it apart: at spaces, but not inside single or double quotes. */
function wordsOf(text: string): string[] {
  const words = text.match(/(?:"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'/g,
      (_, double?: string, single?: string) => single ?? double!.replace(/\\(.)/g, "$1"),
    ),
  );
}
