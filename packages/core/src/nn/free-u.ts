// FreeU: C. Si et al., "FreeU: Free Lunch in Diffusion U-Net", arXiv 2309.11497, §3.2: in the first two up blocks the backbone's
// features are scaled up, and the lowest frequencies of the skipped ones down.

import type { Dim } from "../graph/dim.ts";
import { add, cast, cos, divide, minimum, multiply, sin, subtract } from "../graph/ops/elementwise.ts";
import { matmul } from "../graph/ops/linear-algebra.ts";
import { concat, expand, reshape, slice, transpose } from "../graph/ops/shape.ts";
import { constant, elements, range, scalar } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { known } from "./layers.ts";

/** Scalars for one up block. */
export interface FreeUScales {
  /** b: factor of the first half of the backbone's channels. */
  readonly backbone: Value;
  /** s: factor of the lowest frequencies of the skipped features. */
  readonly skip: Value;
}

/** Backbone features x [N,C,H,W] and skipped ones [N,C',H,W], both rescaled. */
export function freeU(x: Value, skipped: Value, { backbone, skip }: FreeUScales): [x: Value, skipped: Value] {
  const channels = known(x, 1);
  const half = Math.floor(channels / 2);
  const scaledHalf = multiply(slice(x, { axis: 1, start: 0, end: half }), backbone);
  const low = lowest(skipped);
  return [
    concat([scaledHalf, slice(x, { axis: 1, start: half, end: channels })], 1),
    // Low frequencies times s: x + (s − 1)·low(x).
    add(skipped, multiply(subtract(skip, scalar(1)), low)),
  ];
}

/**
 * The part of x [N,C,H,W] at frequencies 0 and −1 along each axis, which is what a square of two about the centre of the
 * shifted spectrum holds; its real part, as the reference takes it. A projection on few waves, so that no transform is needed:
 * ⟨x, cos θ⟩·cos θ + ⟨x, sin θ⟩·sin θ for θ = 0, θy, θx and θy + θx.
 */
function lowest(x: Value): Value {
  const [n, channels, height, width] = x.dims;
  const rows = waves(height); // [3,H]: 1, cos θy, sin θy
  const columns = waves(width); // [3,W]
  const coefficients = matmul(matmul(rows, x), transpose(columns, [1, 0])); // [N,C,3,3]
  const mixed = matmul(reshape(coefficients, [n, channels, 1, 9]), constant(mixing, [9, 9]));
  const low = matmul(matmul(transpose(rows, [1, 0]), reshape(mixed, [n, channels, 3, 3])), columns);
  return divide(low, elements([height, width]));
}

// With A the 3×3 products of x with (1, c, s)⊗(1, c, s), indexed 3·row + column: the waves of one axis keep theirs, and for θy + θx
// cos = cc − ss and sin = sc + cs give  M_cc = −M_ss = A_cc − A_ss  and  M_sc = M_cs = A_sc + A_cs.
const [cc, cs, sc, ss] = [4, 5, 7, 8];
const mixing = matrixOf([
  ...[0, 1, 2, 3, 6].map((i) => [i, i, 1] as const),
  [cc, cc, 1],
  [ss, cc, -1],
  [cc, ss, -1],
  [ss, ss, 1],
  [sc, sc, 1],
  [cs, sc, 1],
  [sc, cs, 1],
  [cs, cs, 1],
]);

function matrixOf(entries: readonly (readonly [from: number, to: number, value: number])[]): Float32Array {
  const matrix = new Float32Array(81);
  for (const [from, to, value] of entries) matrix[9 * from + to] = value;
  return matrix;
}

/** 1, cos θ and sin θ at θ = 2πi/size, i = 0 … size − 1: [3,size]. A single place has no other frequency than 0. */
function waves(size: Dim): Value {
  const count = elements([size]);
  const angles = divide(multiply(cast(range(size), "float32"), scalar(2 * Math.PI)), count);
  const others = minimum(subtract(count, scalar(1)), scalar(1));
  const row = (value: Value) => reshape(value, [1, size]);
  return concat(
    [expand(constant([1], [1, 1]), [1, size]), row(multiply(cos(angles), others)), row(multiply(sin(angles), others))],
    0,
  );
}
