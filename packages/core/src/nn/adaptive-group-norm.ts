// Group normalization without weights of its own, scaled and shifted by an embedding (arXiv 2105.05233, §3; diffusers' AdaGroupNorm).

import { add, multiply } from "../graph/ops/elementwise.ts";
import { groupNorm } from "../graph/ops/normalization.ts";
import { reshape, slice } from "../graph/ops/shape.ts";
import { constant, scalar } from "../graph/ops/source.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { known, linear } from "./layers.ts";

/** x [N,C,H,W] → normalize(x)·(1 + scale) + shift, both read from `embedding` [N,D]. */
export const adaptiveGroupNorm = layer(
  (
    p: Params,
    x: Value,
    { groups, epsilon, embedding }: { groups: number; epsilon: number; embedding: Value },
  ): Value => {
    const channels = known(x, 1);
    const code = linear(p.at("linear"), embedding, { features: 2 * channels });
    const part = (start: number) =>
      reshape(slice(code, { axis: 1, start, end: start + channels }), [embedding.dims[0], channels, 1, 1]);
    const ones = constant(new Float32Array(channels).fill(1));
    const normalized = groupNorm(x, ones, constant(new Float32Array(channels)), { groups, epsilon });
    return add(multiply(normalized, add(part(0), scalar(1))), part(channels));
  },
);
