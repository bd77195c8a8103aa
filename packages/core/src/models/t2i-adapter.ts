// T2I-Adapter (arXiv 2302.08453, fig. 3): a small network makes features of a picture to follow, which are added to the UNet's
// at the levels' ends, the same at every step. Parameter names are those of diffusers' T2IAdapter.

import { addDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, relu } from "../graph/ops/elementwise.ts";
import { averagePool2d } from "../graph/ops/pooling.ts";
import { concat, slice } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known } from "../nn/layers.ts";
import { pixelUnshuffle } from "../nn/pixel-shuffle.ts";
import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";

/** The forms it was published in: SD's, SDXL's, and a small one for SD. */
const adapterTypes = ["full_adapter", "full_adapter_xl", "light_adapter"] as const;

/** The sizes of a T2I-Adapter. */
export interface T2IAdapterConfig {
  readonly type: (typeof adapterTypes)[number];
  /** Channels of the picture to follow: 1 is its grey. */
  readonly pictureChannels: number;
  /** Of the features of each level. */
  readonly features: readonly number[];
  readonly resnets: number;
  /** Side of the squares of pixels that become one place. */
  readonly unshuffle: number;
}

/** The features [N,Cᵢ,hᵢ,wᵢ] of `picture` [N,C,H,W] in [0,1]. */
export const t2iAdapter = layer((p: Params, picture: Value, config: T2IAdapterConfig): readonly Value[] => {
  const { type, features, resnets, unshuffle } = config;
  const isLight = type === "light_adapter";
  let x = pixelUnshuffle(picture, unshuffle);
  if (!isLight) x = conv2d(p.at("conv_in"), x, { features: features[0] });
  return features.map((width, i) => {
    const block = p.at("body", i);
    // SDXL's begins at half the latents' size, and has one step down.
    if (type === "full_adapter_xl" ? i === 2 : i > 0) x = halved(x);
    const inner = isLight ? Math.floor(width / 4) : width;
    if (isLight || known(x, 1) !== inner) x = conv2d(block.at("in_conv"), x, { features: inner, kernel: 1 });
    for (let j = 0; j < resnets; j++) x = resnet(block.at("resnets", j), x, { kernel: isLight ? 3 : 1 });
    if (isLight) x = conv2d(block.at("out_conv"), x, { features: width, kernel: 1 });
    return x;
  });
});

/** x [N,C,h,w] → x + W₂·relu(W₁·x). */
const resnet = layer((p: Params, x: Value, { kernel }: { kernel: number }): Value => {
  const features = known(x, 1);
  const h = relu(conv2d(p.at("block1"), x, { features }));
  return add(conv2d(p.at("block2"), h, { features, kernel }), x);
});

/** Means of 2×2 places, where a side is odd those of two or one: x [N,C,h,w] → [N,C,⌈h/2⌉,⌈w/2⌉]. */
function halved(x: Value): Value {
  // A last row (column) twice: in the means of whole windows it counts as it does alone, and even sides drop it.
  const twice = (value: Value, axis: number): Value => {
    const size = value.dims[axis];
    return concat([value, slice(value, { axis, start: addDims(size, -1), end: size })], axis);
  };
  return averagePool2d(twice(twice(x, 2), 3), { kernel: 2 });
}

/** A T2I-Adapter as a graph: input `picture` [batch,C,pictureHeight,pictureWidth], outputs `feature.0` … */
export function t2iAdapterGraph(config: T2IAdapterConfig): Graph {
  const dims = [symbol("batch"), config.pictureChannels, symbol("pictureHeight"), symbol("pictureWidth")];
  const features = t2iAdapter(parameters().at("adapter"), input("picture", dims), config);
  return graphOf("t2i-adapter", Object.fromEntries(features.map((feature, i) => [`feature.${i}`, feature])));
}

/** The adapter that T2IAdapter's config.json describes. Throws Error that names a field this implementation does not have. */
export function t2iAdapterConfig(published: PublishedConfig): T2IAdapterConfig {
  const read = new ConfigReader(published, "T2IAdapter");
  const type = read.oneOf("adapter_type", adapterTypes, "full_adapter");
  const channels = read.numbers("channels", [320, 640, 1280, 1280]);
  return {
    type,
    pictureChannels: read.number("in_channels", 3),
    // The small one's last level is as wide as the one before, and not in the list.
    features: type === "light_adapter" ? [...channels, channels.at(-1)!] : channels,
    resnets: read.number("num_res_blocks", 2),
    unshuffle: read.number("downscale_factor", 8),
  };
}
