// How a picture was made, as its file tells: Noisette's own record, or another program's settings.

import { readPictureText } from "../image/picture-file.ts";
import type { FoundSettings } from "./found-settings.ts";
import { readSettings } from "./read-settings.ts";
import { parseRecord, recordKeyword } from "./saved-record.ts";
import type { SavedRecord } from "./saved-record.ts";

/** One of the two. */
export type PictureHistory =
  | { readonly record: SavedRecord; readonly settings?: undefined }
  | { readonly settings: FoundSettings; readonly record?: undefined };

/** The history in the bytes of a PNG, JPEG, WebP or AVIF file; `path` is for messages. Throws Error when it tells none. */
export function readHistory(file: Uint8Array, path: string): PictureHistory {
  let texts: ReturnType<typeof readPictureText>;
  try {
    texts = readPictureText(file);
  } catch (cause) {
    throw new Error(`Cannot repeat "${path}": ${(cause as Error).message}`, { cause });
  }
  if (Object.hasOwn(texts, recordKeyword)) return { record: parseRecord(texts[recordKeyword], path) };
  const settings = readSettings(texts);
  if (settings !== undefined) return { settings };
  const keywords = Object.keys(texts);
  throw new Error(
    `Cannot repeat "${path}": ${keywords.length === 0 ? "it does not tell how it was made" : `nothing is understood in its texts ${keywords.join(", ")}`} (a picture with noisette's record, A1111's parameters, or ComfyUI's, InvokeAI's, Fooocus's or NovelAI's notes is wanted)`,
  );
}
