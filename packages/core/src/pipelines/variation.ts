// The noise a picture starts from: its seed's, turned towards another seed's for a variation, or laid out for another size.
// Behaviour of A1111's "variation seed" and "resize seed".

import { slerp } from "../tensor/slerp.ts";
import { pictureNoise } from "./noise.ts";
import type { PictureNoise } from "./noise.ts";
import type { ResolvedOptions } from "./options.ts";

/** The seeds of one picture. */
export interface PictureSeeds {
  readonly seed: number;
  readonly variationSeed: number | undefined;
}

/** Picture number `picture`'s seeds: variations count the variation seed up and keep the seed; batches share it. */
export function seedsOf(
  options: Pick<ResolvedOptions, "seeding" | "variationStrength"> & { seed: number; variationSeed?: number },
  picture: number,
): PictureSeeds {
  const { seed, seeding, variationStrength, variationSeed } = options;
  if (variationStrength > 0) return { seed, variationSeed: variationSeed! + picture };
  return { seed: seeding === "batch" ? seed : seed + picture, variationSeed: undefined };
}

/** The start noise [1,C,h,w]: `draw`'s next values, changed as the options say. `factor` is the autoencoder's. */
export function startNoise(
  draw: PictureNoise,
  dims: readonly number[],
  {
    seeds: { seed, variationSeed },
    options: { variationStrength, seedResizeFrom, rng },
    factor,
  }: { seeds: PictureSeeds; options: ResolvedOptions; factor: number },
): Float32Array {
  const own = draw(dims);
  const [width, height] = seedResizeFrom?.map((side) => Math.floor(side / factor)) ?? [dims[3], dims[2]];
  const isResized = width !== dims[3] || height !== dims[2];
  const laidOut = [dims[0], dims[1], height, width];
  let noise = isResized ? pictureNoise({ seed, rng })(laidOut) : own;
  if (variationSeed !== undefined) {
    const other = pictureNoise({ seed: variationSeed, rng })(laidOut);
    // Row by row of each channel: A1111's angles are between columns.
    noise = slerp(noise, other, variationStrength, { dims: laidOut, axis: 2 });
  }
  return isResized ? centred(noise, laidOut, { ground: own, dims }) : noise;
}

/** `part` in the middle of `ground`, both cut to what overlaps. */
function centred(
  part: Float32Array,
  [, channels, h, w]: readonly number[],
  { ground, dims: [, , height, width] }: { ground: Float32Array; dims: readonly number[] },
): Float32Array {
  const out = ground.slice();
  // Halves are rounded down on either side of zero.
  const [left, top] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
  for (let c = 0; c < channels; c++) {
    for (let y = Math.max(top, 0); y < Math.min(top + h, height); y++) {
      for (let x = Math.max(left, 0); x < Math.min(left + w, width); x++) {
        out[(c * height + y) * width + x] = part[(c * h + y - top) * w + x - left];
      }
    }
  }
  return out;
}
