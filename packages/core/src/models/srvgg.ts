// The small upscaler of Real-ESRGAN's anime-video and "general" models (arXiv 2107.10833; SRVGGNetCompact): a plain
// chain of convolutions that adds detail to the nearest-neighbour enlargement. Parameter names are those published.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, minimum, multiply, relu } from "../graph/ops/elementwise.ts";
import { reshape, resizeNearest } from "../graph/ops/shape.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known } from "../nn/layers.ts";
import { pixelShuffle } from "../nn/pixel-shuffle.ts";

/** An upscaler's sizes. */
export interface SrvggConfig {
  readonly kind: "srvgg";
  readonly imageChannels: number;
  readonly features: number;
  /** Convolutions between the first and the last. */
  readonly convolutions: number;
  readonly scale: number;
}

/** x [N,3,H,W] in [0,1] → [N,3,sH,sW], about [0,1]. */
export const srvgg = layer(
  (p: Params, x: Value, { imageChannels, features, convolutions, scale }: SrvggConfig): Value => {
    let h = x;
    for (let i = 0; i <= convolutions; i++) {
      h = parametricRelu(p.at("body", 2 * i + 1), conv2d(p.at("body", 2 * i), h, { features }));
    }
    h = conv2d(p.at("body", 2 * convolutions + 2), h, { features: imageChannels * scale ** 2 });
    const [, , height, width] = x.dims;
    const enlarged = resizeNearest(x, { height: multiplyDims(height, scale), width: multiplyDims(width, scale) });
    return add(pixelShuffle(h, scale), enlarged);
  },
);

/** max(x, 0) + slope·min(x, 0), a slope for each channel (arXiv 1502.01852). */
const parametricRelu = layer((p: Params, x: Value): Value => {
  const channels = known(x, 1);
  const slopes = reshape(p.parameter("weight", [channels]), [1, channels, 1, 1]);
  return add(relu(x), multiply(slopes, minimum(x, scalar(0))));
});

/** Input `image` [batch,C,height,width] in [0,1]; output `upscaled`. */
export function srvggGraph(config: SrvggConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("upscaler", { upscaled: srvgg(parameters(), image, config) });
}
