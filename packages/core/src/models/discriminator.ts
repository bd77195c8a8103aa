// PatchGAN: says of every patch of a picture whether it looks real (pix2pix, arXiv 1611.07004, §3.2.2; the
// discriminator of VQGAN and latent diffusion). Parameter names are those of taming-transformers' NLayerDiscriminator.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { leakyRelu } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { batchNorm } from "../nn/batch-norm.ts";
import type { StatisticsUpdates } from "../nn/batch-norm.ts";
import { conv2d, groupNorm } from "../nn/layers.ts";

/** A discriminator's sizes. */
export interface DiscriminatorConfig {
  readonly imageChannels: number;
  /** Channels of the first convolution, 64 in the papers; doubled per layer, at most eightfold. */
  readonly features: number;
  /** Convolutions of stride 2: 3 give patches of 70 pixels. */
  readonly layers: number;
  /** Batch norm as published; group norm where batches are small; or none (the place in the names stays). */
  readonly norm: "batch" | "group" | "none";
}

/** Groups of the group norm variant. */
const groups = 4;

/**
 * image [N,C,H,W] in [-1,1] → one logit per patch [N,1,h,w], larger for real ones. In training give `updates`:
 * batch norm then takes the batch's own statistics, and leaves the running ones' next values there.
 */
export const discriminator = layer(
  (
    p: Params,
    image: Value,
    { features, layers, norm }: DiscriminatorConfig,
    { updates }: { updates?: StatisticsUpdates } = {},
  ): Value => {
    const normalize = {
      batch: (at: Params, x: Value) => batchNorm(at, x, { updates }),
      group: (at: Params, x: Value) => groupNorm(at, x, { groups, epsilon: 1e-5 }),
      none: (_: Params, x: Value) => x,
    }[norm];
    const conv = { kernel: 4, padding: 1 };
    let x = leakyRelu(conv2d(p.at("main", 0), image, { ...conv, features, stride: 2 }), 0.2);
    for (let n = 1; n <= layers; n++) {
      const place = 3 * n - 1; // convolution, norm, activation: three places each, after the first two
      const width = features * Math.min(2 ** n, 8);
      const stride = n < layers ? 2 : 1;
      // A batch norm's own bias makes the convolution's needless.
      x = conv2d(p.at("main", place), x, { ...conv, features: width, stride, bias: norm !== "batch" });
      x = leakyRelu(normalize(p.at("main", place + 1), x), 0.2);
    }
    return conv2d(p.at("main", 3 * layers + 2), x, { ...conv, features: 1 });
  },
);

/** Input `image` [batch,C,height,width]; output `logits`; the running statistics decide. */
export function discriminatorGraph(config: DiscriminatorConfig): Graph {
  const image = input("image", [symbol("batch"), config.imageChannels, symbol("height"), symbol("width")]);
  return graphOf("discriminator", { logits: discriminator(parameters(), image, config) });
}
