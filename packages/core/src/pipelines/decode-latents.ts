// Latents to pictures: whole, or for large ones in overlapping tiles whose seams are blended.

import type { AutoencoderKlConfig } from "../models/autoencoder-kl.ts";
import type { Network } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { crop } from "../tensor/crop.ts";
import { tensor } from "../tensor/tensor.ts";

/** How to decode. */
export interface DecodeOptions {
  readonly signal?: AbortSignal;
  /** Decode in tiles of this size; undefined decodes the picture whole. */
  readonly tiles?: TileOptions;
}

/** Tiles of a picture decoded in parts. */
export interface TileOptions {
  /** Side of a tile in latents. */
  readonly latentSide: number;
  /** Part of a tile that overlaps the next one, 0.25 as in diffusers. */
  readonly overlap?: number;
}

/** The diffusion model's latents [1,z,h,w] → picture [1,C,fh,fw], about [-1,1]. */
export function decodeLatents(
  decoder: Network,
  latents: Tensor,
  config: AutoencoderKlConfig,
  options: DecodeOptions = {},
): Promise<Tensor> {
  const { scalingFactor, shiftFactor } = config;
  // Divided and added in float32, as torch does.
  const z = tensor(
    latents.dims,
    latents.data.map((value) => Math.fround(value / Math.fround(scalingFactor)) + shiftFactor),
  );
  return decodeUnscaled(decoder, z, config.factor, options);
}

/** Autoencoder latents z [1,z,h,w] → picture [1,C,fh,fw]. */
export async function decodeUnscaled(
  decoder: Network,
  z: Tensor,
  factor: number,
  { signal, tiles }: DecodeOptions = {},
): Promise<Tensor> {
  const decode = async (part: Tensor) => (await decoder.run({ latents: part }, { signal })).image;
  const [, , height, width] = z.dims;
  if (tiles === undefined || (height <= tiles.latentSide && width <= tiles.latentSide)) return decode(z);

  // diffusers' tiled_decode: tiles start every `stride` latents, fade into their upper and left neighbours over `blend`
  // pixels, and are cut to `keep` pixels.
  const { latentSide, overlap = 0.25 } = tiles;
  const side = latentSide * factor;
  const stride = Math.floor(latentSide * (1 - overlap));
  const blend = Math.floor(side * overlap);
  const keep = side - blend;
  // Where tiles do not start on the pixel where the last one was cut, diffusers' picture is not exactly `factor` times as
  // large; sides and overlaps that divide evenly (64 and 0.25) avoid that.
  const cutSize = (size: number) => {
    let total = 0;
    for (let start = 0; start < size; start += stride)
      total += Math.min(keep, Math.min(latentSide, size - start) * factor);
    return total;
  };
  const cut = { height: cutSize(height), width: cutSize(width) };
  let picture: Tensor | undefined;
  let above: Tensor[] = [];
  for (let y = 0, top = 0; y < height; y += stride, top += keep) {
    const row: Tensor[] = [];
    for (let x = 0, left = 0; x < width; x += stride, left += keep) {
      const tile = await decode(crop(z, { top: y, left: x, height: latentSide, width: latentSide }));
      if (y > 0) fade(above[row.length], tile, { axis: 2, extent: blend });
      if (x > 0) fade(row.at(-1)!, tile, { axis: 3, extent: blend });
      row.push(tile);
      picture ??= tensor([1, tile.dims[1], cut.height, cut.width]);
      paste(crop(tile, { top: 0, left: 0, height: keep, width: keep }), picture, { top, left });
    }
    above = row;
  }
  return picture!;
}

/** Writes `part` into `picture` at its place, as far as it fits. */
function paste(part: Tensor, picture: Tensor, { top, left }: { top: number; left: number }): void {
  const [, channels, h, w] = picture.dims;
  const [, , rows, columns] = part.dims;
  const width = Math.min(columns, w - left);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < Math.min(rows, h - top); y++) {
      const from = (c * rows + y) * columns;
      picture.data.set(part.data.subarray(from, from + width), (c * h + top + y) * w + left);
    }
  }
}

/** Blends the last `extent` lines of `before` linearly into the first ones of `tile`, in place, along axis 2 (rows) or 3 (columns). */
function fade(before: Tensor, tile: Tensor, { axis, extent }: { axis: 2 | 3; extent: number }): void {
  const [, channels, h, w] = tile.dims;
  const [, , beforeHeight, beforeWidth] = before.dims;
  const lines = Math.min(before.dims[axis], tile.dims[axis], extent);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < (axis === 2 ? lines : h); y++) {
      for (let x = 0; x < (axis === 3 ? lines : w); x++) {
        const weight = (axis === 2 ? y : x) / lines;
        const i = (c * h + y) * w + x;
        const j =
          axis === 2
            ? (c * beforeHeight + beforeHeight - lines + y) * beforeWidth + x
            : (c * beforeHeight + y) * beforeWidth + beforeWidth - lines + x;
        tile.data[i] = before.data[j] * (1 - weight) + tile.data[i] * weight;
      }
    }
  }
}
