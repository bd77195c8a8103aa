// The invisible watermark of Stable Diffusion: "dwtDct" of the package invisible-watermark (ShieldMnt, MIT). A bit lies in
// each 8 × 8 pixels, in the largest coefficient of the blue difference's Haar approximation, 4 × 4: in the lower half of a
// step of 36 for 0, in the upper half for 1. The bits repeat, row by row, for as long as there are blocks.

import type { Image } from "./image.ts";

/** A watermark as it was read. */
export interface ReadWatermark {
  readonly bits: readonly number[];
  /** How well blocks of the same bit agree: 1 when all do, little more than ½ where there is no watermark of this length. */
  readonly agreement: number;
}

const blockSide = 8;
const step = 36;
/** Blocks for each bit, so that the votes of the good ones are enough. */
const fewestVotes = 4;
/** The package reads no smaller pictures. */
const fewestPixels = 256 * 256;

/** How many bits a picture can hold: 0 where it is too small. */
export const watermarkCapacity = ({ width, height }: Pick<Image, "width" | "height">): number =>
  width * height < fewestPixels ? 0 : Math.floor((columnsOf(width) * columnsOf(height)) / fewestVotes);

const columnsOf = (size: number): number => Math.floor(size / blockSide);

/** `image` with `bits` in it. Throws RangeError when it is too small for them. */
export function embedWatermark(image: Image, bits: readonly number[]): Image {
  checkCapacity(image, bits.length);
  const data = image.data.slice();
  const marked = { ...image, data };
  eachBlock(image, (place, number) => embedBit(marked, place, bits[number % bits.length]));
  return marked;
}

/** Throws RangeError when a picture of this size cannot hold so many bits. */
export function checkCapacity(size: Pick<Image, "width" | "height">, bits: number): void {
  const capacity = watermarkCapacity(size);
  if (bits >= 1 && bits <= capacity) return;
  throw new RangeError(
    `Cannot watermark a picture of ${size.width}×${size.height} with ${bits} bits: it holds ${capacity} (a larger picture or a shorter text is wanted)`,
  );
}

/**
 * The watermark of `length` bits in `image`, by the majority of the blocks of each bit: noise where there is none. Throws
 * RangeError when there are fewer blocks than bits.
 */
export function readWatermark(image: Image, length: number): ReadWatermark {
  const blocks = blockBits(image);
  if (length >= 1 && length <= blocks.length) return vote(blocks, length);
  const { width, height } = image;
  throw new RangeError(
    `Cannot read a watermark of ${length} bits in a picture of ${width}×${height}: 1 to ${blocks.length} are wanted`,
  );
}

/** What each block says, in their order. */
export function blockBits(image: Image): Uint8Array {
  const bits = new Uint8Array(columnsOf(image.width) * columnsOf(image.height));
  eachBlock(
    image,
    (place, number) => (bits[number] = strongest(approximation(image, place)).offset > step / 2 ? 1 : 0),
  );
  return bits;
}

/** The majority for each of `length` bits. */
export function vote(blocks: Uint8Array, length: number): ReadWatermark {
  const ones = new Float64Array(length);
  const votes = new Float64Array(length);
  blocks.forEach((bit, i) => {
    ones[i % length] += bit;
    votes[i % length]++;
  });
  const shares = Array.from(ones, (sum, i) => sum / votes[i]);
  return {
    bits: shares.map((share) => (share * 255 > 127 ? 1 : 0)),
    agreement: shares.reduce((sum, share) => sum + Math.max(share, 1 - share), 0) / length,
  };
}

interface Place {
  readonly left: number;
  readonly top: number;
}

function eachBlock({ width, height }: Image, visit: (place: Place, number: number) => void): void {
  let number = 0;
  for (let top = 0; top + blockSide <= height; top += blockSide)
    for (let left = 0; left + blockSide <= width; left += blockSide) visit({ left, top }, number++);
}

/** U of the pixel whose bytes begin at `at`, in OpenCV's whole numbers: 0.299, 0.587, 0.114 and 0.492 times 2¹⁴. */
function blueDifference(data: Uint8Array, at: number): number {
  const luma = (4899 * data[at] + 9617 * data[at + 1] + 1868 * data[at + 2] + half) >> 14;
  return Math.min(Math.max((8061 * (data[at + 2] - luma) + (128 << 14) + half) >> 14, 0), 255);
}
const half = 1 << 13;

/** Haar's approximation of a block's U, 4 × 4: half the sum of each 2 × 2 pixels. */
function approximation({ width, channels, data }: Image, { left, top }: Place): Float64Array {
  const coefficients = new Float64Array(16);
  for (let y = 0; y < blockSide; y++) {
    const row = ((top + y) * width + left) * channels;
    for (let x = 0; x < blockSide; x++)
      coefficients[4 * (y >> 1) + (x >> 1)] += blueDifference(data, row + x * channels) / 2;
  }
  return coefficients;
}

/** The coefficient that holds the bit, the largest but the first; `offset` is its place in its step. */
function strongest(coefficients: Float64Array): {
  readonly index: number;
  readonly value: number;
  readonly offset: number;
} {
  let index = 1;
  for (let i = 2; i < 16; i++) if (coefficients[i] > coefficients[index]) index = i;
  const value = coefficients[index];
  return { index, value, offset: value % step };
}

/** Distance of a coefficient from where its bit would change; below 0 when it is the other bit. */
function margin({ offset }: { readonly offset: number }, bit: number): number {
  const distance = Math.min(offset % (step / 2), step / 2 - (offset % (step / 2)));
  return (offset > step / 2 ? 1 : 0) === bit ? distance : -distance;
}

/** Far enough from the next half step to outlast JPEG; the middle of one is at step/4. */
const safeMargin = step / 6;

/** How far one coefficient may rise above the others: JPEG and WebP flatten a higher one. */
const highest = step / 6;

/**
 * Moves the block's strongest coefficient to the middle of a half step of its bit, so that it stays the strongest: others
 * above it come down with it, and all are lifted where it would stand out. The package takes the middle in the same step; where
 * another is nearer, or bytes have no room (the blue of white cannot grow), it is the one below or above. The smallest
 * change that is safe is made, else the safest.
 */
function embedBit(image: Image, place: Place, bit: number): void {
  const before = approximation(image, place);
  const { index, value } = strongest(before);
  const second = before.reduce(
    (most, coefficient, i) => (i === 0 || i === index ? most : Math.max(most, coefficient)),
    0,
  );
  const middle = (Math.floor(value / step) + 0.25 + 0.5 * bit) * step;
  const changes = [middle - step, middle, middle + step].map((target) => {
    const lift = Math.max(0, Math.min(target - value, target - second - highest));
    const amounts = before.map((coefficient, i) => {
      if (i === index) return target - value;
      return lift > 0 || i === 0 ? lift : Math.min(target - coefficient, 0);
    });
    return { amounts, size: amounts.reduce((sum, amount) => sum + amount * amount, 0) };
  });
  changes.sort((a, b) => a.size - b.size);

  const original = blockBytes(image, place);
  let best = { margin: -Infinity, bytes: original };
  for (const { amounts } of changes) {
    writeBytes(image, place, original);
    change(image, place, amounts);
    const reached = margin(strongest(approximation(image, place)), bit);
    if (reached >= safeMargin) return;
    if (reached > best.margin) best = { margin: reached, bytes: blockBytes(image, place) };
  }
  writeBytes(image, place, best.bytes);
}

/** Adds to coefficients: half of it to U of each of their four pixels, which leaves luma as it is. */
function change({ width, channels, data }: Image, { left, top }: Place, amounts: Float64Array): void {
  for (let y = 0; y < blockSide; y++) {
    const row = ((top + y) * width + left) * channels;
    for (let x = 0; x < blockSide; x++) {
      const amount = amounts[4 * (y >> 1) + (x >> 1)] / 2;
      if (amount === 0) continue;
      const at = row + x * channels;
      data[at + 1] = byte(data[at + 1] - 0.395 * amount);
      data[at + 2] = byte(data[at + 2] + 2.032 * amount);
    }
  }
}

const byte = (value: number): number => Math.min(Math.max(Math.round(value), 0), 255);

function blockBytes({ width, channels, data }: Image, { left, top }: Place): Uint8Array {
  const bytes = new Uint8Array(blockSide * blockSide * channels);
  for (let y = 0; y < blockSide; y++) {
    const row = ((top + y) * width + left) * channels;
    bytes.set(data.subarray(row, row + blockSide * channels), y * blockSide * channels);
  }
  return bytes;
}

function writeBytes({ width, channels, data }: Image, { left, top }: Place, bytes: Uint8Array): void {
  const length = blockSide * channels;
  for (let y = 0; y < blockSide; y++)
    data.set(bytes.subarray(y * length, (y + 1) * length), ((top + y) * width + left) * channels);
}
