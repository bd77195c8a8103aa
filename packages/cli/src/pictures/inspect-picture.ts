// What a picture says about itself.

import { readBytes } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { recordKeyword } from "./record.ts";

/** The text chunks of the PNG at `path`: as text for people, and as JSON with noisette's record taken apart. */
export async function inspectPicture(path: string): Promise<{ json: Record<string, unknown>; text: string }> {
  const entries = Object.entries(readTextChunks(await readBytes(path))).map(
    ([keyword, text]) => [keyword, keyword === recordKeyword ? parsed(text) : text] as const,
  );
  const sections = entries.map(
    ([keyword, value]) => `${keyword}\n${indent(typeof value === "string" ? value : JSON.stringify(value, null, 2))}\n`,
  );
  return {
    json: { path, ...Object.fromEntries(entries) },
    text: sections.join("\n") || `${path}: a picture without any text\n`,
  };
}

const indent = (text: string): string => text.replaceAll(/^/gm, "  ");

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // someone else's chunk of that name
  }
}
