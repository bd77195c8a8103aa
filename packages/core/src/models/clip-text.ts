// CLIP's text transformer (arXiv 2103.00020, §2.4): ViT-L/14 of SD 1.x and SDXL, OpenCLIP ViT-H/14 of SD 2.x and
// ViT-bigG/14 of SDXL differ only in sizes and activation. Parameter names are those of transformers' CLIPTextModel.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, cast, equal } from "../graph/ops/elementwise.ts";
import { argMax, embedding, takeToken } from "../graph/ops/lookup.ts";
import { input, integers } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { activations } from "../nn/activation.ts";
import type { Activation } from "../nn/activation.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** A text encoder's sizes and conventions. */
export interface ClipTextConfig {
  readonly vocabulary: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly feedForward: number;
  readonly activation: Activation;
  readonly epsilon: number;
  /** Length of every prompt, 77. */
  readonly positions: number;
  /** Id whose first place in a prompt is pooled; undefined: the place of the largest id (the first CLIP configs say eos 2, wrongly). */
  readonly endToken: number | undefined;
  /** Width of `textEmbeds`; undefined without a projection. */
  readonly projection: number | undefined;
}

/** What a pipeline may take from the text encoder. */
export interface ClipTextStates {
  /** States after the embedding (0) and after each layer, [N,T,D], not normalized. */
  readonly hidden: readonly Value[];
  /** The same, through the final layer norm: the last is what CLIP calls its last hidden state. */
  readonly normalized: readonly Value[];
  /** The end token's normalized last state [N,D]. */
  readonly pooled: Value;
  /** The projected pooled state [N,P], with a projection only. */
  readonly textEmbeds: Value | undefined;
}

/** States of `ids` [N,T] (int64, T = 77). */
export const clipText = layer((p: Params, ids: Value, config: ClipTextConfig): ClipTextStates => {
  const { vocabulary, width, layers, positions, epsilon, endToken, projection } = config;
  const model = p.at("text_model");
  const table = model.at("embeddings", "token_embedding").parameter("weight", [vocabulary, width]);
  const place = model.at("embeddings", "position_embedding").parameter("weight", [positions, width]);
  const hidden = [add(embedding(table, ids), place)]; // [N,T,D]
  for (let i = 0; i < layers; i++) hidden.push(encoderLayer(model.at("encoder", "layers", i), hidden[i], config));

  const normalized = hidden.map((x) => layerNorm(model.at("final_layer_norm"), x, { epsilon }));
  const end = argMax(endToken === undefined ? ids : cast(equal(ids, integers([endToken])), "int32"));
  const pooled = takeToken(normalized[layers], end);
  const textEmbeds =
    projection === undefined
      ? undefined
      : linear(p.at("text_projection"), pooled, { features: projection, bias: false });
  return { hidden, normalized, pooled, textEmbeds };
});

/** x [N,T,D] → [N,T,D]: causal self-attention and MLP, each normalized before and added after. */
const encoderLayer = layer(
  (p: Params, x: Value, { width, heads, feedForward, activation, epsilon }: ClipTextConfig): Value => {
    const attend = p.at("self_attn");
    const seen = layerNorm(p.at("layer_norm1"), x, { epsilon });
    const [q, k, v] = ["q_proj", "k_proj", "v_proj"].map((name) => linear(attend.at(name), seen, { features: width }));
    x = add(x, linear(attend.at("out_proj"), attention(q, k, v, { heads, causal: true }), { features: width }));
    const inner = activations[activation](
      linear(p.at("mlp", "fc1"), layerNorm(p.at("layer_norm2"), x, { epsilon }), { features: feedForward }),
    );
    return add(x, linear(p.at("mlp", "fc2"), inner, { features: width }));
  },
);

/**
 * The text encoder as a graph: input `ids` [batch,77]; outputs `hidden.i` and `normalized.i` for i = 0…layers (see
 * ClipTextStates), `pooled`, and `textEmbeds` with a projection.
 */
export function clipTextGraph(config: ClipTextConfig): Graph {
  const ids = input("ids", [symbol("batch"), config.positions], "int64");
  const { hidden, normalized, pooled, textEmbeds } = clipText(parameters(), ids, config);
  return graphOf("text_encoder", {
    ...Object.fromEntries(hidden.map((value, i) => [`hidden.${i}`, value])),
    ...Object.fromEntries(normalized.map((value, i) => [`normalized.${i}`, value])),
    pooled,
    ...(textEmbeds && { textEmbeds }),
  });
}

/** The text encoder a published config.json describes. */
export function clipTextConfig(
  published: PublishedConfig,
  { withProjection }: { withProjection: boolean },
): ClipTextConfig {
  // Whole-CLIP configs nest the text tower's under text_config.
  const own = (published.text_config as PublishedConfig | undefined) ?? published;
  const read = new ConfigReader(own, "CLIPTextModel");
  const end = read.number("eos_token_id", 49407);
  const width = read.number("hidden_size");
  return {
    vocabulary: read.number("vocab_size", 49408),
    width,
    layers: read.number("num_hidden_layers"),
    heads: read.number("num_attention_heads"),
    feedForward: read.number("intermediate_size"),
    activation: read.oneOf("hidden_act", Object.keys(activations) as Activation[], "quick_gelu"),
    epsilon: read.number("layer_norm_eps", 1e-5),
    positions: read.number("max_position_embeddings", 77),
    endToken: end === 2 ? undefined : end,
    projection: withProjection ? read.number("projection_dim", width) : undefined,
  };
}
