// IP-Adapter: pictures as prompts (arXiv 2308.06721). What an image encoder makes of pictures becomes tokens (ImageProjModel; a
// resampler as in Flamingo, arXiv 2204.14198, §3.1.1; or an MLP), and these become the keys and values that the UNet's
// cross-attention sees beside the text. Parameter names are those of the published files.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, gelu } from "../graph/ops/elementwise.ts";
import { concat, expand, reshape, slice } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { known, layerNorm, linear } from "../nn/layers.ts";

/** How a picture becomes tokens. */
export type ImageProjection =
  /** Of the picture's embedding: the first adapters, and SDXL's. */
  | { readonly kind: "linear"; readonly tokens: number }
  /** Of the states before the encoder's last layer, by learned queries: "plus". */
  | {
      readonly kind: "resampler";
      readonly width: number;
      readonly heads: number;
      readonly layers: number;
      readonly queries: number;
      readonly feedForward: number;
    }
  /** Of the same states, each for itself: "full-face". */
  | { readonly kind: "mlp"; readonly hidden: number };

/** An IP-Adapter's sizes. */
export interface IpAdapterConfig {
  readonly projection: ImageProjection;
  /** Width of the embedding or states that it takes. */
  readonly imageWidth: number;
  /** Width of the tokens, that of the UNet's text. */
  readonly contextWidth: number;
  /** Widths of keys and values of the UNet's cross-attentions, in diffusers' order (graph/passes/image-attention.ts). */
  readonly layers: readonly number[];
}

/** Tokens [n,T,D] of embeddings [n,E], or of states [n,S,E]. */
export const imageTokens = layer((p: Params, x: Value, config: IpAdapterConfig): Value => {
  const { projection, contextWidth: features } = config;
  if (projection.kind === "resampler") return resampler(p, x, { ...projection, features });
  if (projection.kind === "mlp") {
    const inner = gelu(linear(p.at("proj", 0), x, { features: projection.hidden }));
    return layerNorm(p.at("proj", 3), linear(p.at("proj", 2), inner, { features }));
  }
  const { tokens } = projection;
  const flat = linear(p.at("proj"), x, { features: tokens * features });
  return layerNorm(p.at("norm"), reshape(flat, [x.dims[0], tokens, features]));
});

/** Learned queries [n,Q,D] that look at x [n,S,E] and at themselves, layer by layer → [n,Q,features]. */
const resampler = layer(
  (
    p: Params,
    x: Value,
    {
      width,
      heads,
      layers,
      queries,
      feedForward,
      features,
    }: ImageProjection & { readonly kind: "resampler" } & { readonly features: number },
  ): Value => {
    const seen = linear(p.at("proj_in"), x, { features: width });
    let latents = expand(p.parameter("latents", [1, queries, width]), [x.dims[0], queries, width]);
    for (let i = 0; i < layers; i++) {
      latents = add(latents, perceive(p.at("layers", i, 0), seen, latents, { heads }));
      const mlp = p.at("layers", i, 1);
      const inner = gelu(linear(mlp.at(1), layerNorm(mlp.at(0), latents), { features: feedForward, bias: false }));
      latents = add(latents, linear(mlp.at(3), inner, { features: width, bias: false }));
    }
    return layerNorm(p.at("norm_out"), linear(p.at("proj_out"), latents, { features }));
  },
);

/** Heads of 64. */
const headWidth = 64;

/** Latents [n,Q,D] attending to x [n,S,D] and themselves → [n,Q,D]. */
const perceive = layer((p: Params, x: Value, latents: Value, { heads }: { heads: number }): Value => {
  const [width, inner] = [known(latents, 2), heads * headWidth];
  const asking = layerNorm(p.at("norm2"), latents);
  const all = concat([layerNorm(p.at("norm1"), x), asking], 1);
  const query = linear(p.at("to_q"), asking, { features: inner, bias: false });
  const both = linear(p.at("to_kv"), all, { features: 2 * inner, bias: false });
  const [keys, values] = [0, inner].map((start) => slice(both, { axis: 2, start, end: start + inner }));
  return linear(p.at("to_out"), attention(query, keys, values, { heads }), { features: width, bias: false });
});

/**
 * Keys and values of pictures for all layers of a UNet. Input `image` [pictures,E] or [pictures,S,E], what the encoder makes of
 * them; outputs `tokens` [1,T,D], all pictures' one after another, and `states` [1,T,W], keys and values of each layer side by side.
 */
export function ipAdapterGraph(config: IpAdapterConfig): Graph {
  const { projection, imageWidth, contextWidth, layers } = config;
  const pictures = symbol("pictures");
  const image = input("image", [pictures, ...(projection.kind === "linear" ? [] : [symbol("patches")]), imageWidth]);
  const p = parameters();
  const each = imageTokens(p.at("image_proj"), image, config);
  const tokens = reshape(each, [1, multiplyDims(pictures, each.dims[1]), contextWidth]);
  const states = layers.flatMap((features, i) =>
    ["to_k_ip", "to_v_ip"].map((name) =>
      linear(p.at("ip_adapter", 2 * i + 1, name), tokens, { features, bias: false }),
    ),
  );
  return graphOf("ip_adapter", { tokens, states: concat(states, 2) });
}
