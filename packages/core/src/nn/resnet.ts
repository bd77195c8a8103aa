// The residual block of diffusion networks and autoencoders (diffusers' ResnetBlock2D).

import { add, multiply, silu } from "../graph/ops/elementwise.ts";
import { reshape, slice } from "../graph/ops/shape.ts";
import { scalar } from "../graph/ops/source.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, groupNorm, known, linear } from "./layers.ts";

/** What differs between residual blocks. */
export interface ResnetOptions {
  readonly features: number;
  readonly groups: number;
  readonly epsilon: number;
  /** Timestep embedding [N,D], absent in autoencoders. */
  readonly embedding?: Value;
  /** The embedding scales and shifts the second norm's result, instead of being added before it (arXiv 2105.05233, §3). */
  readonly scaleShift?: boolean;
}

/** x [N,C,H,W] → [N,features,H,W]: norm, SiLU, conv twice, the embedding added between, plus a (projected) skip. */
export const resnetBlock = layer(
  (p: Params, x: Value, { features, groups, epsilon, embedding, scaleShift = false }: ResnetOptions): Value => {
    let h = conv2d(p.at("conv1"), silu(groupNorm(p.at("norm1"), x, { groups, epsilon })), { features });
    const code = embedding && timeCode(p.at("time_emb_proj"), embedding, scaleShift ? 2 * features : features);
    if (code !== undefined && !scaleShift) h = add(h, code);
    h = groupNorm(p.at("norm2"), h, { groups, epsilon });
    if (code !== undefined && scaleShift) {
      const scale = slice(code, { axis: 1, start: 0, end: features });
      const shift = slice(code, { axis: 1, start: features, end: 2 * features });
      h = add(multiply(h, add(scale, scalar(1))), shift);
    }
    h = conv2d(p.at("conv2"), silu(h), { features });
    const skip = known(x, 1) === features ? x : conv2d(p.at("conv_shortcut"), x, { features, kernel: 1 });
    return add(skip, h);
  },
);

/** embedding [N,D] → one number per channel [N,features,1,1]. */
const timeCode = (p: Params, embedding: Value, features: number): Value =>
  reshape(linear(p, silu(embedding), { features }), [embedding.dims[0], features, 1, 1]);
