// The transformer layer of both of CLIP's towers (arXiv 2103.00020, §2.4). Parameter names are those of transformers'
// CLIPEncoderLayer.

import { attention } from "../graph/ops/attention.ts";
import { add } from "../graph/ops/elementwise.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { activations } from "../nn/activation.ts";
import type { Activation } from "../nn/activation.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import type { ConfigReader } from "./config.ts";

/** A tower's sizes. */
export interface ClipLayerConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly activation: Activation;
  readonly epsilon: number;
}

/** x [N,T,D] → [N,T,D]: self-attention and MLP, each normalized before and added after; `causal` in the text tower. */
export const clipLayer = layer(
  (
    p: Params,
    x: Value,
    { width, heads, feedForward, activation, epsilon }: ClipLayerConfig,
    { causal }: { causal: boolean },
  ): Value => {
    const attend = p.at("self_attn");
    const seen = layerNorm(p.at("layer_norm1"), x, { epsilon });
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => linear(attend.at(name), seen, { features: width }));
    x = add(x, linear(attend.at("out_proj"), attention(q, k, v, { heads, causal }), { features: width }));
    const inner = activations[activation](
      linear(p.at("mlp", "fc1"), layerNorm(p.at("layer_norm2"), x, { epsilon }), { features: feedForward }),
    );
    return add(x, linear(p.at("mlp", "fc2"), inner, { features: width }));
  },
);

/** A tower's sizes in its config.json. */
export const clipLayerConfig = (read: ConfigReader): ClipLayerConfig => ({
  width: read.number("hidden_size"),
  layers: read.number("num_hidden_layers"),
  heads: read.number("num_attention_heads"),
  feedForward: read.number("intermediate_size"),
  activation: read.oneOf("hidden_act", Object.keys(activations) as Activation[], "quick_gelu"),
  epsilon: read.number("layer_norm_eps", 1e-5),
});
