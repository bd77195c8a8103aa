// The layers every network is made of. Each is (p, x, options) → value, its parameters named as torch names them.

import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import { conv2d as convolve } from "../graph/ops/convolution.ts";
import { linear as multiply } from "../graph/ops/linear-algebra.ts";
import { groupNorm as normalizeGroups, layerNorm as normalize } from "../graph/ops/normalization.ts";
import type { Value } from "../graph/value.ts";

/** x [..., in] → [..., features]. */
export const linear = layer(
  (p: Params, x: Value, { features, bias = true }: { features: number; bias?: boolean }): Value =>
    multiply(x, p.parameter("weight", [features, known(x, -1)]), bias ? p.parameter("bias", [features]) : undefined),
);

/** x [N,C,H,W] → [N,features,H',W']; `padding` is the same on all sides, or top, left, bottom, right. */
export const conv2d = layer(
  (
    p: Params,
    x: Value,
    {
      features,
      kernel = 3,
      stride = 1,
      padding = Math.floor(kernel / 2),
      bias = true,
    }: {
      features: number;
      kernel?: number;
      stride?: number;
      padding?: number | readonly [number, number, number, number];
      bias?: boolean;
    },
  ): Value =>
    convolve(
      x,
      p.parameter("weight", [features, known(x, 1), kernel, kernel]),
      bias ? p.parameter("bias", [features]) : undefined,
      {
        stride,
        padding: typeof padding === "number" ? [padding, padding, padding, padding] : padding,
      },
    ),
);

/** Group normalization of x [N,C,...]. */
export const groupNorm = layer(
  (p: Params, x: Value, { groups, epsilon }: { groups: number; epsilon: number }): Value => {
    const channels = known(x, 1);
    return normalizeGroups(x, p.parameter("weight", [channels]), p.parameter("bias", [channels]), { groups, epsilon });
  },
);

/** Layer normalization of the last axis of x [..., D]. */
export const layerNorm = layer((p: Params, x: Value, { epsilon = 1e-5 }: { epsilon?: number } = {}): Value => {
  const width = known(x, -1);
  return normalize(x, p.parameter("weight", [width]), p.parameter("bias", [width]), epsilon);
});

/** The size of an axis that has to be known while tracing (channels, widths). Throws TypeError when it is symbolic. */
export function known(x: Value, axis: number): number {
  const dim = x.dims.at(axis);
  if (typeof dim !== "number") throw new TypeError(`axis ${axis} must be known while tracing`);
  return dim;
}
