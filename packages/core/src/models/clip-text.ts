// CLIP's text transformer (arXiv 2103.00020, §2.4): ViT-L/14 of SD 1.x and SDXL, OpenCLIP ViT-H/14 of SD 2.x and
// ViT-bigG/14 of SDXL differ only in sizes and activation. Parameter names are those of transformers' CLIPTextModel.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, cast, equal, multiply } from "../graph/ops/elementwise.ts";
import { argMax, embedding, takeToken } from "../graph/ops/lookup.ts";
import { input, integers } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { layerNorm, linear } from "../nn/layers.ts";
import { clipLayer, clipLayerConfig } from "./clip-layer.ts";
import type { ClipLayerConfig } from "./clip-layer.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** A text encoder's sizes and conventions. */
export interface ClipTextConfig extends ClipLayerConfig {
  readonly vocabulary: number;
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

/** Vectors in place of those of some ids: learned concepts. */
export interface ReplacedVectors {
  /** [N,T,D], 0 where the id's own vector stays. */
  readonly vectors: Value;
  /** [N,T,1], 1 where it stays and 0 elsewhere. */
  readonly kept: Value;
}

/** States of `ids` [N,T] (int64, T = 77). */
export const clipText = layer(
  (p: Params, ids: Value, config: ClipTextConfig, replaced?: ReplacedVectors): ClipTextStates => {
    const { vocabulary, width, layers, positions, epsilon, endToken, projection } = config;
    const model = p.at("text_model");
    const table = model.at("embeddings", "token_embedding").parameter("weight", [vocabulary, width]);
    const place = model.at("embeddings", "position_embedding").parameter("weight", [positions, width]);
    const own = embedding(table, ids);
    const vectors = replaced === undefined ? own : add(multiply(own, replaced.kept), replaced.vectors);
    const hidden = [add(vectors, place)]; // [N,T,D]
    for (let i = 0; i < layers; i++)
      hidden.push(clipLayer(model.at("encoder", "layers", i), hidden[i], config, { causal: true }));

    const normalized = hidden.map((x) => layerNorm(model.at("final_layer_norm"), x, { epsilon }));
    const end = argMax(endToken === undefined ? ids : cast(equal(ids, integers([endToken])), "int32"));
    const pooled = takeToken(normalized[layers], end);
    const textEmbeds =
      projection === undefined
        ? undefined
        : linear(p.at("text_projection"), pooled, { features: projection, bias: false });
    return { hidden, normalized, pooled, textEmbeds };
  },
);

/**
 * The text encoder as a graph: input `ids` [batch,77], with `replaceable` also `vectors` [batch,77,D] and `kept`
 * [batch,77,1] (see ReplacedVectors); outputs `hidden.i` and `normalized.i` for i = 0…layers (see ClipTextStates),
 * `pooled`, and `textEmbeds` with a projection.
 */
export function clipTextGraph(config: ClipTextConfig, { replaceable = false } = {}): Graph {
  const { positions, width } = config;
  const batch = symbol("batch");
  const ids = input("ids", [batch, positions], "int64");
  const replaced = replaceable
    ? { vectors: input("vectors", [batch, positions, width]), kept: input("kept", [batch, positions, 1]) }
    : undefined;
  const { hidden, normalized, pooled, textEmbeds } = clipText(parameters(), ids, config, replaced);
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
  const layers = clipLayerConfig(read);
  return {
    ...layers,
    vocabulary: read.number("vocab_size", 49408),
    positions: read.number("max_position_embeddings", 77),
    endToken: end === 2 ? undefined : end,
    projection: withProjection ? read.number("projection_dim", layers.width) : undefined,
  };
}
