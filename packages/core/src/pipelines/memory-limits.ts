// What fits into memory: whether guidance runs batched, and whether a picture is decoded in tiles.

import { freeMemoryBytes } from "#platform";
import type { TileOptions } from "./decode-latents.ts";
import type { Networks } from "./networks.ts";
import type { ResolvedOptions } from "./options.ts";

/** Whether so many `conditions` of guidance fit into memory at once. */
export function fitsBatched(
  { configs }: Networks,
  [, , height, width]: readonly number[],
  { conditions }: { conditions: number },
): boolean {
  const freeBytes = freeMemoryBytes();
  if (freeBytes === undefined) return true;
  // Measured on SD 1.5: about 140 bytes of activations per latent position and channel of the first level, per picture.
  return conditions * height * width * configs.unet.levels[0].features * 140 < 0.5 * freeBytes;
}

/** Tiles for decoding: asked for, or with "auto" when the picture's activations would not fit into memory. */
export function tilesFor(
  { tiledDecode, width, height }: ResolvedOptions & { width: number; height: number },
  { configs }: Networks,
  notice: (text: string) => void,
): TileOptions | undefined {
  const { factor, features, sampleSize } = configs.vae;
  const freeBytes = freeMemoryBytes();
  // The last resolution holds about six maps of its first two widths at once, four bytes a value.
  const neededBytes = 6 * width * height * (features[1] ?? features[0]) * 4;
  const large = freeBytes !== undefined && neededBytes > 0.7 * freeBytes;
  if (tiledDecode === "off" || (tiledDecode === "auto" && !large)) return undefined;
  if (tiledDecode === "auto")
    notice(`decoding ${width}×${height} in tiles: whole, it needs about ${(neededBytes / 1e9).toFixed(1)} GB`);
  // As diffusers: tiles of the size the autoencoder was trained on.
  return { latentSide: Math.floor(sampleSize / factor) };
}
