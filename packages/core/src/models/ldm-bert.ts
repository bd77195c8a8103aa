// The text encoder of the first latent diffusion models (arXiv 2112.10752, §4.3.1): a transformer trained with the UNet,
// over the words of BERT's tokenizer. Parameter names are those of diffusers' LDMBertModel.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { add } from "../graph/ops/elementwise.ts";
import { embedding } from "../graph/ops/lookup.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { activations } from "../nn/activation.ts";
import type { Activation } from "../nn/activation.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** A text encoder's sizes. */
export interface LdmBertConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Width of each head: all together need not be `width`. */
  readonly headWidth: number;
  readonly feedForward: number;
  readonly activation: Activation;
  readonly positions: number;
}

/** ids [N,T] (int64) → states [N,T,D]; padding is seen like words. */
export const ldmBert = layer((p: Params, ids: Value, config: LdmBertConfig): Value => {
  const { vocabulary, width, layers, positions } = config;
  const model = p.at("model");
  const table = model.at("embed_tokens").parameter("weight", [vocabulary, width]);
  let x = add(embedding(table, ids), model.at("embed_positions").parameter("weight", [positions, width])); // [N,T,D]
  for (let i = 0; i < layers; i++) x = encoderLayer(model.at("layers", i), x, config);
  return layerNorm(model.at("layer_norm"), x);
});

/** x [N,T,D] → [N,T,D]: self-attention and MLP, each normalized before and added after. */
const encoderLayer = layer(
  (p: Params, x: Value, { width, heads, headWidth, feedForward, activation }: LdmBertConfig): Value => {
    const attend = p.at("self_attn");
    const seen = layerNorm(p.at("self_attn_layer_norm"), x);
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) =>
      linear(attend.at(name), seen, { features: heads * headWidth, bias: false }),
    );
    x = add(x, linear(attend.at("out_proj"), attention(q, k, v, { heads }), { features: width }));
    const inner = linear(p.at("fc1"), layerNorm(p.at("final_layer_norm"), x), { features: feedForward });
    return add(x, linear(p.at("fc2"), activations[activation](inner), { features: width }));
  },
);

/** Input `ids` [batch,77]; output `states` [batch,77,D]. */
export function ldmBertGraph(config: LdmBertConfig): Graph {
  const ids = input("ids", [symbol("batch"), config.positions], "int64");
  return graphOf("text_encoder", { states: ldmBert(parameters(), ids, config) });
}

/** The text encoder a published config.json describes. */
export function ldmBertConfig(published: PublishedConfig): LdmBertConfig {
  const read = new ConfigReader(published, "LDMBertModel");
  return {
    vocabulary: read.number("vocab_size", 30522),
    width: read.number("d_model", 1280),
    layers: read.number("encoder_layers", 32),
    heads: read.number("encoder_attention_heads", 8),
    headWidth: read.number("head_dim", 64),
    feedForward: read.number("encoder_ffn_dim", 5120),
    activation: read.oneOf("activation_function", Object.keys(activations) as Activation[], "gelu"),
    positions: read.number("max_position_embeddings", 77),
  };
}
