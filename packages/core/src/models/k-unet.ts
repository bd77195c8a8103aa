// The UNet of the latent ×2 upscaler (K. Crowson's, stabilityai/sd-x2-latent-upscaler): no middle, one skip for each level, every
// norm told the noise level, and resizing that aliases nothing. Parameter names are those of diffusers' UNet2DConditionModel with
// KDownBlock2D, KCrossAttnDownBlock2D, KCrossAttnUpBlock2D and KUpBlock2D.

import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { multiplyDims, sameDim, symbol } from "../graph/dim.ts";
import { attention } from "../graph/ops/attention.ts";
import { add, gelu, negate } from "../graph/ops/elementwise.ts";
import { concat, expand, reshape, slice, transpose } from "../graph/ops/shape.ts";
import { constant, input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { adaptiveGroupNorm } from "../nn/adaptive-group-norm.ts";
import { conv2d, known, layerNorm, linear } from "../nn/layers.ts";
import { smoothDouble, smoothHalf } from "../nn/smooth-resize.ts";
import { fourierCode } from "../nn/timestep-embedding.ts";
import type { UNetConfig } from "./unet.ts";

/** Its sizes. `groups` counts the channels of a group here, not the groups. */
export interface KUNetConfig extends UNetConfig {
  /** Channels of an attention head. */
  readonly headWidth: number;
  /** Numbers told beside the noise level: the code of the small latents' own, and the pooled text [contextWidth]. */
  readonly conditionWidth: number;
  /** Channels the network makes, of which those behind the latents are a variance that nobody reads. */
  readonly madeChannels: number;
}

/** What it sees of a step. */
export interface KUNetInputs {
  /** Noisy latents, then the small ones enlarged [N,2·C,h,w]; h and w halve without rest between all levels. */
  readonly sample: Value;
  /** ¼·ln σ [N]. */
  readonly timestep: Value;
  /** Text states [N,T,D]. */
  readonly context: Value;
  /** Pooled text [N,D]. */
  readonly pooled: Value;
}

/** The v of v-prediction [N,C,h,w]: the network is trained on x₀ = x/(σ²+1) + σ/√(σ²+1)·F, so v = −F. */
export const kUnet = layer((p: Params, inputs: KUNetInputs, config: KUNetConfig): Value => {
  const { levels, groups: groupWidth, epsilon, headWidth, outChannels, madeChannels } = config;
  const { sample, context } = inputs;
  const embedding = stepEmbedding(p, inputs, config);
  const block = { groupWidth, epsilon, embedding };
  const attends = { groupWidth, embedding, headWidth, context };
  const last = levels.length - 1;

  let x = conv2d(p.at("conv_in"), sample, { features: levels[0].features, kernel: 1 }); // [N,C₀,h,w]
  const skips: Value[] = [];
  levels.forEach(({ features, resnets, transformer }, i) => {
    const down = p.at("down_blocks", i);
    for (let j = 0; j < resnets; j++) {
      x = kResnet(down.at("resnets", j), x, { inner: features, features, ...block });
      if (transformer) x = kAttention(down.at("attentions", j), x, { ...attends, looksAtItself: i === last });
    }
    if (i === last) return;
    skips.push(x);
    x = smoothHalf(x); // [N,Cᵢ,h/2,w/2]
  });

  levels.toReversed().forEach(({ features, resnets, transformer }, i) => {
    const up = p.at("up_blocks", i);
    if (i > 0) x = besideSkip(x, skips.pop()!);
    const next = levels[Math.max(last - i - 1, 0)].features;
    for (let j = 0; j < resnets; j++) {
      const out = j === resnets - 1 ? next : features;
      x = kResnet(up.at("resnets", j), x, { inner: features, features: out, ...block });
      if (transformer) x = kAttention(up.at("attentions", j), x, { ...attends, looksAtItself: i === 0 });
    }
    if (i < last) x = smoothDouble(x);
  });

  const made = conv2d(p.at("conv_out"), x, { features: madeChannels, kernel: 1 });
  return negate(slice(made, { axis: 1, start: 0, end: outChannels }));
});

/** Noise level and condition → [N,timeWidth]. */
function stepEmbedding(p: Params, { timestep, pooled }: KUNetInputs, config: KUNetConfig): Value {
  const { timeWidth: features, timeCode, conditionWidth, contextWidth } = config;
  const own = p.at("time_embedding");
  // The small latents have no noise: the sinusoids of 0, cosines first.
  const half = (conditionWidth - contextWidth) / 2;
  const noNoise = Float32Array.from({ length: 2 * half }, (_, i) => (i < half ? 1 : 0));
  const dims = [pooled.dims[0], 2 * half];
  const condition = concat([expand(constant(noNoise, [1, 2 * half]), dims), pooled], 1);
  const code = add(
    fourierCode(p.at("time_proj"), timestep, timeCode),
    linear(own.at("cond_proj"), condition, { features: timeCode.width, bias: false }),
  );
  return gelu(linear(own.at("linear_2"), gelu(linear(own.at("linear_1"), code, { features })), { features }));
}

/** x [N,C,H,W] → [N,features,H,W] over `inner` channels: norm told the step, GELU, convolution twice, plus x, projected where it has to be. */
const kResnet = layer(
  (
    p: Params,
    x: Value,
    { inner, features, groupWidth, ...norm }: NormOptions & { inner: number; features: number; epsilon: number },
  ): Value => {
    const channels = known(x, 1);
    const normed = (name: string, y: Value) =>
      gelu(adaptiveGroupNorm(p.at(name), y, { groups: Math.floor(known(y, 1) / groupWidth), ...norm }));
    const h = conv2d(p.at("conv1"), normed("norm1", x), { features: inner });
    const result = conv2d(p.at("conv2"), normed("norm2", h), { features });
    const skip = channels === features ? x : conv2d(p.at("conv_shortcut"), x, { features, kernel: 1, bias: false });
    return add(skip, result);
  },
);

/** x [N,C,H,W] → x + attention to itself, where it looks there, + attention to the text. */
const kAttention = layer(
  (
    p: Params,
    x: Value,
    {
      groupWidth,
      embedding,
      headWidth,
      context,
      looksAtItself,
    }: NormOptions & { headWidth: number; context: Value; looksAtItself: boolean },
  ): Value => {
    const [n, , height, width] = x.dims;
    const features = known(x, 1);
    const groups = Math.max(1, Math.floor(features / groupWidth));
    const heads = Math.floor(features / headWidth);
    const plus = (norm: string, name: string, text?: Value) => {
      const normed = adaptiveGroupNorm(p.at(norm), x, { groups, epsilon: 1e-5, embedding });
      const tokens = transpose(reshape(normed, [n, features, multiplyDims(height, width)]), [0, 2, 1]);
      const seen = attended(p.at(name), tokens, { heads, inner: heads * headWidth, text });
      return add(reshape(transpose(seen, [0, 2, 1]), x.dims), x);
    };
    if (looksAtItself) x = plus("norm1", "attn1");
    return plus("norm2", "attn2", context);
  },
);

/** Queries from x [N,T,C], keys and values from the normalized text [N,S,D], or from x itself → [N,T,C]. */
const attended = layer(
  (p: Params, x: Value, { heads, inner, text }: { heads: number; inner: number; text?: Value }): Value => {
    const from = text === undefined ? x : layerNorm(p.at("norm_cross"), text);
    const [q, k, v] = [
      linear(p.at("to_q"), x, { features: inner }),
      linear(p.at("to_k"), from, { features: inner }),
      linear(p.at("to_v"), from, { features: inner }),
    ];
    return linear(p.at("to_out", 0), attention(q, k, v, { heads }), { features: known(x, -1) });
  },
);

interface NormOptions {
  readonly groupWidth: number;
  readonly embedding: Value;
}

/** [x, skip]; their sizes are one where the levels halve without rest, which symbols do not tell. */
function besideSkip(x: Value, skip: Value): Value {
  for (const axis of [2, 3]) {
    const end = skip.dims[axis];
    if (!sameDim(x.dims[axis], end)) x = slice(x, { axis, start: 0, end });
  }
  return concat([x, skip], 1);
}

/** As a graph of inputs `sample` [batch,2·C,height,width], `timestep` [batch], `context` [batch,tokens,D], `pooled` [batch,D]; output `out`. */
export function kUnetGraph(config: KUNetConfig): Graph {
  const { inChannels, contextWidth } = config;
  const batch = symbol("batch");
  const inputs = {
    sample: input("sample", [batch, inChannels, symbol("height"), symbol("width")]),
    timestep: input("timestep", [batch]),
    context: input("context", [batch, symbol("tokens"), contextWidth]),
    pooled: input("pooled", [batch, contextWidth]),
  };
  return graphOf("unet", { out: kUnet(parameters(), inputs, config) });
}

/** Whether a UNet is one of these. */
export const isKUnet = (config: UNetConfig): config is KUNetConfig => "conditionWidth" in config;
