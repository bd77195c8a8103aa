// ControlNet (arXiv 2302.05543, fig. 3): a copy of the UNet's way down that also sees a picture to follow, and tells the UNet
// through convolutions that begin as zero what to add to its skips. Parameter names are those of diffusers' ControlNetModel.

import { multiplyDims } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { silu } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { expand } from "../graph/ops/shape.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known } from "../nn/layers.ts";
import { encoderInputs, unetEncoder } from "./unet-encoder.ts";
import type { UNetEncoderConfig, UNetEncoderInputs } from "./unet-encoder.ts";

/** The sizes of a ControlNet. */
export interface ControlNetConfig extends UNetEncoderConfig {
  /** Channels of the picture to follow. */
  readonly pictureChannels: number;
  /** Widths on the picture's way to the latents' size, each half as large as the one before. */
  readonly pictureFeatures: readonly number[];
  /** The picture's first channel is blue. */
  readonly blueFirst: boolean;
  /** Of each of its outputs only the mean over all places counts (ControlNet 1.1's shuffle). */
  readonly globalPool: boolean;
}

/** What to add to the UNet's skips and to its middle, shaped as they are. */
export interface ControlResiduals {
  readonly skips: readonly Value[];
  readonly middle: Value;
}

/** The residuals for `picture` [N,3,H,W] in [0,1] and a step as the UNet sees it. */
export const controlNet = layer(
  (p: Params, inputs: UNetEncoderInputs & { readonly picture: Value }, config: ControlNetConfig): ControlResiduals => {
    const hint = pictureEmbedding(p.at("controlnet_cond_embedding"), inputs.picture, config);
    const { skips, middle } = unetEncoder(p, inputs, config, { hint });
    return {
      skips: skips.map((skip, i) => zeroConvolution(p.at("controlnet_down_blocks", i), skip, config)),
      middle: zeroConvolution(p.at("controlnet_mid_block"), middle, config),
    };
  },
);

/** The picture at the latents' size: x [N,3,H,W] → [N,C₀,h,w]. */
export const pictureEmbedding = layer(
  (p: Params, x: Value, { pictureFeatures, levels }: Pick<ControlNetConfig, "pictureFeatures" | "levels">): Value => {
    const [first, ...wider] = pictureFeatures;
    x = silu(conv2d(p.at("conv_in"), x, { features: first }));
    wider.forEach((features, i) => {
      x = silu(conv2d(p.at("blocks", 2 * i), x, { features: known(x, 1) }));
      x = silu(conv2d(p.at("blocks", 2 * i + 1), x, { features, stride: 2 }));
    });
    return conv2d(p.at("conv_out"), x, { features: levels[0].features });
  },
);

/** A 1×1 convolution that training begins as zero, so that at first nothing is added. */
const zeroConvolution = layer((p: Params, x: Value, { globalPool }: ControlNetConfig): Value => {
  const residual = conv2d(p, x, { features: known(x, 1), kernel: 1 });
  return globalPool ? expand(mean(residual, { axes: [2, 3], keep: true }), residual.dims) : residual;
});

/** How much larger than the latents its pictures are. */
export const pictureScale = ({ pictureFeatures }: Pick<ControlNetConfig, "pictureFeatures">): number =>
  2 ** (pictureFeatures.length - 1);

/**
 * A ControlNet as a graph of a UNet's inputs and `picture` [batch,3,height·scale,width·scale]; outputs `residual.0` … and
 * `residual.middle`.
 */
export function controlNetGraph(config: ControlNetConfig, { pooledWidth }: { pooledWidth?: number } = {}): Graph {
  const own = encoderInputs(config, { pooledWidth });
  const [batch, , ...size] = own.sample.dims;
  const pixels = size.map((dim) => multiplyDims(dim, pictureScale(config)));
  const picture = input("picture", [batch, config.pictureChannels, ...pixels]);
  const { skips, middle } = controlNet(parameters(), { ...own, picture }, config);
  return graphOf("controlnet", {
    ...Object.fromEntries(skips.map((skip, i) => [`residual.${i}`, skip])),
    "residual.middle": middle,
  });
}
