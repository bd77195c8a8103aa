// Watermarks as text: what is written into a picture, and which text is in one whose length nobody knows.

import type { Image } from "./image.ts";
import { blockBits, vote } from "./watermark.ts";

/** A watermark that was found. */
export interface FoundWatermark {
  readonly text: string;
  /** Who writes it, when it is one of `knownWatermarks`. */
  readonly by?: string;
  /** How well blocks of the same bit agree, from ½ to 1. */
  readonly agreement: number;
}

/** Watermarks that other programs write: Stable Diffusion's own script, and SDXL in diffusers and its own repository. */
export const knownWatermarks = [
  { text: "StableDiffusionV1", by: "Stable Diffusion" },
  { text: "0b101100111110110010010000011110111011000110011110", by: "Stable Diffusion XL" },
] as const;

/** The bits of `text` in UTF-8, each byte's highest first; of "0b…" those that are written. */
export function watermarkBits(text: string): number[] {
  if (/^0b[01]+$/.test(text)) return Array.from(text.slice(2), Number);
  return Array.from(new TextEncoder().encode(text)).flatMap((byte) =>
    Array.from({ length: 8 }, (_, i) => (byte >> (7 - i)) & 1),
  );
}

const longestBytes = 64;
/** Of unmarked pictures of some structure it is up to 0.66, of marked ones after JPEG of quality 80 from 0.94 on. */
const fewestAgreement = 0.8;
/** Twice a text agrees as well as once, and a length that is wrong by more agrees less. */
const sameAgreement = 0.015;

/**
 * The watermark in `image`: a known one that it is near enough, else the shortest text of up to 64 bytes on which its blocks
 * agree; undefined where there is none. A text that repeats itself is read once.
 */
export function findWatermark(image: Image): FoundWatermark | undefined {
  const blocks = blockBits(image);
  for (const { text, by } of knownWatermarks) {
    const bits = watermarkBits(text);
    if (bits.length > blocks.length) continue;
    const { bits: found, agreement } = vote(blocks, bits.length);
    const wrong = found.filter((bit, i) => bit !== bits[i]).length;
    // As many right ones as chance gives once in 10⁹ pictures: six standard deviations of n fair coins.
    if (bits.length / 2 - wrong >= 6 * Math.sqrt(bits.length / 4)) return { text, by, agreement };
  }
  const lengths = Array.from({ length: Math.min(longestBytes, Math.floor(blocks.length / 8)) }, (_, i) => i + 1);
  const candidates = lengths.flatMap((length) => {
    const { bits, agreement } = vote(blocks, 8 * length);
    const text = agreement < fewestAgreement ? undefined : textOf(bits);
    return text === undefined ? [] : [{ text, agreement }];
  });
  const best = Math.max(...candidates.map(({ agreement }) => agreement));
  return candidates.find(({ agreement }) => agreement >= best - sameAgreement);
}

/** The text that `bits` are in UTF-8; undefined when they are none that can be seen. */
export function textOf(bits: readonly number[]): string | undefined {
  const bytes = Uint8Array.from({ length: bits.length / 8 }, (_, i) =>
    bits.slice(8 * i, 8 * i + 8).reduce((byte, bit) => 2 * byte + bit, 0),
  );
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return /^[^\p{Cc}\p{Cn}\p{Co}\p{Cs}]+$/u.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}
