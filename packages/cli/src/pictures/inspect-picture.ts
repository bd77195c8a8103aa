// What a picture says about itself.

import { readFile } from "node:fs/promises";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { definitions } from "../terminal/table.ts";
import { recordKeyword } from "./record.ts";

/** The text chunks of the PNG at `path`: as text for people, and as JSON with noisette's record taken apart. */
export async function inspectPicture(path: string): Promise<{ json: Record<string, unknown>; text: string }> {
  const chunks = readTextChunks(await readFile(path));
  const entries = chunks.map(({ keyword, text }) => [keyword, keyword === recordKeyword ? parsed(text) : text] as const);
  const lines = entries.map(([keyword, value]) => [keyword, typeof value === "string" ? value : JSON.stringify(value)] as const);
  const text = lines.length === 0 ? `${path}: a picture without any text` : definitions(lines).join("\n");
  return { json: { path, ...Object.fromEntries(entries) }, text: `${text}\n` };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // someone else's chunk of that name
  }
}
