// Sinusoidal codes of the timestep and the small MLP behind them (DDPM, arXiv 2006.11239, appendix B).

import { concat, reshape } from "../graph/ops/shape.ts";
import { cos, multiply, silu, sin } from "../graph/ops/elementwise.ts";
import { constant, scalar } from "../graph/ops/source.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { linear } from "./layers.ts";

/** t [N] → [N,width]: sin and cos of t·10000^(−i/(width/2 − shift)); cosines first when `cosineFirst`. */
export function sinusoids(
  t: Value,
  { width, cosineFirst, shift }: { width: number; cosineFirst: boolean; shift: number },
): Value {
  if (width % 2 !== 0) throw new RangeError(`Cannot make sinusoids: width ${width} is odd (an even one is wanted)`);
  const half = width / 2;
  const frequencies = Float32Array.from({ length: half }, (_, i) =>
    Math.exp(Math.fround(Math.fround(-Math.log(10000) * i) / (half - shift))),
  );
  const angles = multiply(reshape(t, [t.dims[0], 1]), constant(frequencies, [1, half]));
  return concat(cosineFirst ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
}

/** t [N] → [N,width]: sin and cos of 2π·w·t for frequencies w that the checkpoint has (random Fourier features, arXiv 2006.10739). */
export const fourierCode = layer(
  (p: Params, t: Value, { width, cosineFirst }: { width: number; cosineFirst: boolean }): Value => {
    const frequencies = reshape(p.parameter("weight", [width / 2]), [1, width / 2]);
    const angles = multiply(multiply(reshape(t, [t.dims[0], 1]), frequencies), scalar(2 * Math.PI));
    return concat(cosineFirst ? [cos(angles), sin(angles)] : [sin(angles), cos(angles)], 1);
  },
);

/** x [N,in] → [N,features]: linear, SiLU, linear (diffusers' TimestepEmbedding). */
export const timestepMlp = layer((p: Params, x: Value, { features }: { features: number }): Value =>
  linear(p.at("linear_2"), silu(linear(p.at("linear_1"), x, { features })), { features }),
);
