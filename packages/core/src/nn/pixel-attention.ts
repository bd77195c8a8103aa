// Self-attention over the positions of a feature map (DDPM, arXiv 2006.11239, appendix B; diffusers' Attention with a
// group norm, former AttentionBlock).

import { multiplyDims } from "../graph/dim.ts";
import { attention } from "../graph/ops/attention.ts";
import { add } from "../graph/ops/elementwise.ts";
import { reshape, transpose } from "../graph/ops/shape.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { groupNorm, known, linear } from "./layers.ts";

/** x [N,C,H,W] → [N,C,H,W]: attention among all positions, in `heads` of C/heads channels, plus x. No `groups`, no norm. */
export const pixelAttention = layer(
  (
    p: Params,
    x: Value,
    { groups, epsilon, heads = 1 }: { groups: number | undefined; epsilon: number; heads?: number },
  ): Value => {
    const [n, , height, width] = x.dims;
    const features = known(x, 1);
    const flat = reshape(x, [n, features, multiplyDims(height, width)]);
    const normal = groups === undefined ? flat : groupNorm(p.at("group_norm"), flat, { groups, epsilon });
    const tokens = transpose(normal, [0, 2, 1]); // [N,HW,C]
    const [q, k, v] = ["to_q", "to_k", "to_v"].map((name) => linear(p.at(name), tokens, { features }));
    const out = linear(p.at("to_out", 0), attention(q, k, v, { heads }), { features });
    return add(reshape(transpose(out, [0, 2, 1]), x.dims), x);
  },
);
