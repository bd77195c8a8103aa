// OFT: W' = Rᵀ·W with a rotation R of blocks on the diagonal, each by Cayley's transform of a skew-symmetric Q:
// R = (I + Q)(I − Q)⁻¹. Qiu et al. 2023, arXiv:2306.07280. BOFT: W' = B_m···B_1·W, where each B_i is such a rotation between
// permutations of a butterfly, so that all outputs mix. Liu et al. 2023, arXiv:2311.06243. As kohya's scripts and LyCORIS
// write them: alpha bounds ‖Q‖ (constrained OFT), rescale is a length per output.

import { axes, shapeText } from "./form.ts";
import type { FormType } from "./form.ts";
import { cayley } from "./cayley.ts";

/** Rotations [stages, blocks, n, n] of the output channels, in the order they are applied. */
export interface OftForm {
  readonly kind: "oft";
  readonly stages: readonly Float32Array[];
  readonly blocks: number;
  readonly size: number;
  /** Whether the stages stand between a butterfly's permutations, and turn by R rather than Rᵀ. */
  readonly butterfly: boolean;
  readonly rescale?: Float32Array;
}

/** kohya's OFT, LyCORIS' Diag-OFT (`oft_diag` holds rotations, `oft_blocks` what they are made of) and its BOFT. */
export const oft: FormType<OftForm> = {
  is: (fields) => fields.has("oft.blocks") || fields.has("oft.diagonal"),
  fields: ["oft.blocks", "oft.diagonal", "rescale", "alpha"],
  problem(dims, base) {
    const { out } = axes(base);
    const blocks = (dims.get("oft.blocks") ?? dims.get("oft.diagonal"))!;
    const rescale = dims.get("rescale");
    const [count, rows, columns] = blocks.slice(-3);
    const depth = dims.has("oft.diagonal") ? [3] : [3, 4];
    const fits = depth.includes(blocks.length) && rows === columns && count * rows === out;
    // Stage i mixes groups of 2ⁱ·n outputs.
    const butterflies = blocks.length === 3 || (rows % 2 === 0 && out % (2 ** (blocks[0] - 1) * rows) === 0);
    if (!fits || !butterflies) return `blocks ${shapeText(blocks)}`;
    const lengths = rescale?.reduce((all, dim) => all * dim, 1) ?? out;
    return lengths === out ? undefined : `rescale ${shapeText(rescale)}`;
  },
  read(values) {
    const stored = (values.get("oft.blocks") ?? values.get("oft.diagonal"))!;
    const [blocks, size] = stored.dims.slice(-3);
    const butterfly = stored.dims.length === 4;
    const constraint = (values.get("alpha")?.data[0] ?? 0) * blocks * size;
    const turns = values.has("oft.diagonal") ? stored.data : cayley(stored.data, { size, constraint });
    const each = blocks * size * size;
    const stages = Array.from({ length: butterfly ? stored.dims[0] : 1 }, (_, i) =>
      turns.subarray(i * each, (i + 1) * each),
    );
    return { kind: "oft", stages, blocks, size, butterfly, rescale: values.get("rescale")?.data };
  },
  delta({ stages, blocks, size, butterfly, rescale }, base) {
    const { out } = axes(base.dims);
    const width = base.data.length / out;
    let turned: Float32Array = base.data;
    stages.forEach((rotations, stage) => {
      const place = butterfly ? butterflyPlaces(out, 2 ** stage * (size / 2)) : undefined;
      turned = rotate(turned, rotations, { blocks, size, width, place, transpose: !butterfly });
    });
    return turned.map((value, i) => value * (rescale?.[Math.floor(i / width)] ?? 1) - base.data[i]);
  },
};

/** Each block of `size` rows (of `place`, where given) times its rotation. */
function rotate(
  rows: Float32Array,
  rotations: Float32Array,
  options: { blocks: number; size: number; width: number; place?: Uint32Array; transpose: boolean },
): Float32Array {
  const { blocks, size, width, place, transpose } = options;
  const turned = new Float32Array(rows.length);
  const sum = new Float64Array(width);
  const rowOf = (index: number) => (place?.[index] ?? index) * width;
  for (let block = 0; block < blocks; block++) {
    const matrix = rotations.subarray(block * size * size, (block + 1) * size * size);
    for (let i = 0; i < size; i++) {
      sum.fill(0);
      for (let j = 0; j < size; j++) {
        const factor = transpose ? matrix[j * size + i] : matrix[i * size + j];
        const start = rowOf(block * size + j);
        for (let column = 0; column < width; column++) sum[column] += factor * rows[start + column];
      }
      turned.set(sum, rowOf(block * size + i));
    }
  }
  return turned;
}

/** A butterfly's permutation: rows (c, 2, k) → (c, k, 2); the result says which row stands at each place. */
function butterflyPlaces(out: number, k: number): Uint32Array {
  return Uint32Array.from({ length: out }, (_, place) => {
    const [c, rest] = [Math.floor(place / (2 * k)), place % (2 * k)];
    return c * 2 * k + (rest % 2) * k + Math.floor(rest / 2);
  });
}
