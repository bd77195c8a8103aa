// Embeddings inside pictures, as AUTOMATIC1111 saves them while training: JSON in base64 as the PNG's text "sd-ti-embedding",
// and once more in the lower halves of the bytes of two strips beside the picture, which outlive websites that drop a PNG's
// texts. Tensors are {"TORCHTENSOR": nested lists}.

import { decodeImage } from "#platform";
import type { Image } from "../image/image.ts";
import { readBytes } from "../image/png.ts";
import { readTextChunks } from "../image/png-metadata.ts";
import { cannotRead } from "../safetensors/cannot-read.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { isRecord } from "../util/is-record.ts";
import { unzlib } from "../util/unzlib.ts";

/** What a picture holds of an embedding. */
export interface PictureEmbedding {
  readonly name: string | undefined;
  /** [n,D]. */
  readonly vectors: Tensor;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The PNG text that holds the JSON. */
export const embeddingKeyword = "sd-ti-embedding";

const limitBytes = 2 ** 26;

/** The embedding in the picture `path`; undefined when it is only a picture. Throws Error when it is a damaged one. */
export async function readPictureEmbedding(path: string): Promise<PictureEmbedding | undefined> {
  const bytes = await readBytes(path);
  const text = isPng(bytes) ? readTextChunks(bytes, { maxUnpackedBytes: limitBytes })[embeddingKeyword] : undefined;
  const json = text === undefined ? inPixels(await decoded(bytes, path)) : fromBase64(text, path);
  return json === undefined ? undefined : embeddingOf(json, path);
}

const isPng = (bytes: Uint8Array): boolean => bytes[0] === 0x89 && bytes[1] === 0x50;

function decoded(bytes: Uint8Array, path: string): Promise<Image> {
  return decodeImage(bytes).catch((cause: Error) => {
    throw cannotRead(path, cause.message, { cause });
  });
}

function fromBase64(text: string, path: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)));
  } catch (cause) {
    throw cannotRead(path, `its text "${embeddingKeyword}" is no base64`, { cause });
  }
}

function embeddingOf(json: string, path: string): PictureEmbedding {
  let data: unknown;
  try {
    data = JSON.parse(json);
  } catch (cause) {
    throw cannotRead(path, "the embedding in it is no JSON", { cause });
  }
  const { string_to_param: params, name, ...rest } = isRecord(data) ? data : {};
  const entries = isRecord(params) ? Object.values(params) : [];
  const rows = entries.length === 1 && isRecord(entries[0]) ? entries[0].TORCHTENSOR : undefined;
  const width = Array.isArray(rows) && Array.isArray(rows[0]) ? rows[0].length : 0;
  const isMatrix =
    Array.isArray(rows) &&
    width > 0 &&
    rows.every((row) => Array.isArray(row) && row.length === width && row.every((value) => typeof value === "number"));
  if (!isMatrix) throw cannotRead(path, "the embedding in it has no matrix of vectors (one is wanted)");
  const scalars = Object.entries(rest).filter(([, value]) => typeof value === "string" || typeof value === "number");
  return {
    name: typeof name === "string" ? name : undefined,
    vectors: tensor([rows.length, width], Float32Array.from((rows as number[][]).flat())),
    metadata: Object.fromEntries(scalars.map(([key, value]) => [key, String(value)])),
  };
}

/**
 * The text in the strips: columns left of the first black one hold the lower four bits of each byte of a zlib stream, those
 * right of the last black one the upper four, row by row; each is hidden under a fixed sequence. Undefined where there is none.
 */
function inPixels(image: Image): string | undefined {
  const { left, top, right, bottom } = lightArea(image);
  const half = (x: number, y: number, c: number) => image.data[(y * image.width + x) * image.channels + c] & 15;
  const black: number[] = [];
  for (let x = left; x < right; x++) {
    let sum = 0;
    for (let y = top; y < bottom; y++) for (let c = 0; c < 3; c++) sum += half(x, y, c);
    if (sum === 0) black.push(x);
  }
  if (black.length < 2) return undefined;
  const [first, last] = [black[0], black.at(-1)!];
  const width = first - left;
  if (width === 0 || right - last - 1 !== width) return undefined;
  const packed = new Uint8Array(width * (bottom - top) * 3);
  let [at, random] = [0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) {
        // A linear congruential generator from 0 (Numerical Recipes' constants), its values modulo 255.
        random = (Math.imul(1664525, random) + 1013904223) >>> 0;
        const hidden = (random % 255) & 15;
        packed[at++] = (half(left + x, y, c) ^ hidden) | ((half(last + 1 + x, y, c) ^ hidden) << 4);
      }
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(unzlib(packed, { limitBytes }));
  } catch {
    // A picture with black columns and no stream beside them is only a picture.
    return undefined;
  }
}

/** From the first to the last row and column with a pixel of no black channel. */
function lightArea({ width, height, channels, data }: Image) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * channels;
      if (data[at] === 0 || data[at + 1] === 0 || data[at + 2] === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x + 1);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y + 1);
    }
  }
  return { left, top, right, bottom };
}
