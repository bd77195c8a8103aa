// ESRGAN's generator (arXiv 1809.00219, §3.1): residual-in-residual dense blocks, as Real-ESRGAN and most community
// upscalers have it. Parameter names are those of Real-ESRGAN's RRDBNet.

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, leakyRelu, multiply } from "../graph/ops/elementwise.ts";
import { concat, resizeNearest } from "../graph/ops/shape.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d } from "../nn/layers.ts";
import { pixelUnshuffle } from "../nn/pixel-shuffle.ts";

/** An upscaler's sizes. */
export interface RrdbConfig {
  readonly kind: "rrdb";
  readonly imageChannels: number;
  readonly features: number;
  /** Channels that each convolution of a dense block adds. */
  readonly growth: number;
  /** Residual-in-residual blocks: 23, or 6 in the anime model. */
  readonly blocks: number;
  /** Doublings at the end: 2 in Real-ESRGAN, log₂ of the scale in the first ESRGAN models. */
  readonly doublings: number;
  /** Squares of pixels that become channels before the first convolution: Real-ESRGAN's ×2 and ×1 models. */
  readonly unshuffle: number;
  /** 2^doublings / unshuffle. */
  readonly scale: number;
}

const activate = (x: Value) => leakyRelu(x, 0.2);
/** What a residual is scaled by before it is added (§3.1, residual scaling). */
const residual = (x: Value, h: Value) => add(multiply(h, scalar(0.2)), x);

/** x [N,3,H,W] in [0,1] → [N,3,sH,sW], about [0,1]. */
export const rrdb = layer(
  (p: Params, x: Value, { imageChannels, features, growth, blocks, doublings, unshuffle }: RrdbConfig): Value => {
    const shallow = conv2d(p.at("conv_first"), unshuffle === 1 ? x : pixelUnshuffle(x, unshuffle), { features });
    let h = shallow;
    for (let i = 0; i < blocks; i++) h = residualInResidual(p.at("body", i), h, { features, growth });
    h = add(shallow, conv2d(p.at("conv_body"), h, { features }));
    for (let i = 1; i <= doublings; i++) {
      const [, , height, width] = h.dims;
      const doubled = resizeNearest(h, { height: multiplyDims(height, 2), width: multiplyDims(width, 2) });
      h = activate(conv2d(p.at(`conv_up${i}`), doubled, { features }));
    }
    return conv2d(p.at("conv_last"), activate(conv2d(p.at("conv_hr"), h, { features })), { features: imageChannels });
  },
);

interface BlockSizes {
  readonly features: number;
  readonly growth: number;
}

/** Three dense blocks, each added to what it saw, and all of them to x. */
const residualInResidual = layer((p: Params, x: Value, sizes: BlockSizes): Value => {
  const h = [1, 2, 3].reduce((seen, i) => denseBlock(p.at(`rdb${i}`), seen, sizes), x);
  return residual(x, h);
});

/** Five convolutions, each of which sees all before it. */
const denseBlock = layer((p: Params, x: Value, { features, growth }: BlockSizes): Value => {
  const seen = [x];
  for (let i = 1; i <= 4; i++) {
    const all = seen.length === 1 ? x : concat([...seen], 1);
    seen.push(activate(conv2d(p.at(`conv${i}`), all, { features: growth })));
  }
  return residual(x, conv2d(p.at("conv5"), concat(seen, 1), { features }));
});

/** Input `image` [batch,C,height,width] in [0,1], sizes multiples of `unshuffle`; output `upscaled`. */
export function rrdbGraph(config: RrdbConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("upscaler", { upscaled: rrdb(parameters(), image, config) });
}
