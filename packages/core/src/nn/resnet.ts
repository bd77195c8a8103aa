// The residual block of diffusion networks and autoencoders (diffusers' ResnetBlock2D).

import { add, silu } from "../graph/ops/elementwise.ts";
import { reshape } from "../graph/ops/shape.ts";
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
}

/** x [N,C,H,W] → [N,features,H,W]: norm, SiLU, conv twice, the embedding added between, plus a (projected) skip. */
export const resnetBlock = layer(
  (p: Params, x: Value, { features, groups, epsilon, embedding }: ResnetOptions): Value => {
    let h = conv2d(p.at("conv1"), silu(groupNorm(p.at("norm1"), x, { groups, epsilon })), { features });
    if (embedding !== undefined) {
      const shift = linear(p.at("time_emb_proj"), silu(embedding), { features });
      h = add(h, reshape(shift, [shift.dims[0], features, 1, 1]));
    }
    h = conv2d(p.at("conv2"), silu(groupNorm(p.at("norm2"), h, { groups, epsilon })), { features });
    const skip = known(x, 1) === features ? x : conv2d(p.at("conv_shortcut"), x, { features, kernel: 1 });
    return add(skip, h);
  },
);
