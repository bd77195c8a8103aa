// What a picture says about itself.

import { readPictureText } from "@noisette/core/image/picture-file";
import { readBytes } from "@noisette/core/image/png";
import { readSettings } from "@noisette/core/metadata/read-settings";
import { recordKeyword } from "@noisette/core/metadata/saved-record";

/**
 * The texts of the picture at `path`: as text for people, and as JSON with noisette's record taken apart. Another
 * program's settings follow as noisette understands them.
 */
export async function inspectPicture(path: string): Promise<{ json: Record<string, unknown>; text: string }> {
  const texts = readPictureText(await readBytes(path));
  const settings = Object.hasOwn(texts, recordKeyword) ? undefined : readSettings(texts);
  const entries = [
    ...Object.entries(texts).map(
      ([keyword, text]) => [keyword, keyword === recordKeyword ? parsed(text) : text] as const,
    ),
    ...(settings === undefined ? [] : [["settings", settings] as const]),
  ];
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
