// All text states as one vector that is added to the time embedding (Imagen, arXiv 2205.11487, §2.3; diffusers' TextTimeEmbedding).

import { attention } from "../graph/ops/attention.ts";
import { add } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { concat, reshape } from "../graph/ops/shape.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { known, layerNorm, linear } from "./layers.ts";

/** Text states [N,T,D] → [N,features]. */
export const textPooling = layer(
  (p: Params, states: Value, { features, heads }: { features: number; heads: number }): Value => {
    const pooled = attentionPooling(p.at("pool"), layerNorm(p.at("norm1"), states), { heads });
    return layerNorm(p.at("norm2"), linear(p.at("proj"), pooled, { features }));
  },
);

/** x [N,T,D] → [N,D]: the mean token looks at all tokens and itself. */
const attentionPooling = layer((p: Params, x: Value, { heads }: { heads: number }): Value => {
  const [n] = x.dims;
  const features = known(x, -1);
  const middle = add(
    mean(x, { axes: [1], keep: true }), // [N,1,D]
    p.parameter("positional_embedding", [1, features]),
  );
  const all = concat([middle, x], 1);
  const [q, k, v] = [
    linear(p.at("q_proj"), middle, { features }),
    linear(p.at("k_proj"), all, { features }),
    linear(p.at("v_proj"), all, { features }),
  ];
  return reshape(attention(q, k, v, { heads }), [n, features]);
});
