// Holistically-nested edge detection (S. Xie, Z. Tu, arXiv 1504.06375) in the layout of ControlNetHED_Apache2.pth: VGG's five
// stages, each with an edge map of its own. Parameter names are those published.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { relu, subtract } from "../graph/ops/elementwise.ts";
import { maxPool2d } from "../graph/ops/pooling.ts";
import { input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d } from "../nn/layers.ts";

/** An edge detector's stages, from the picture's own size downwards. */
export interface HedConfig {
  readonly kind: "hed";
  readonly stages: readonly { readonly features: number; readonly convolutions: number }[];
}

/** x [N,3,H,W] from 0 to 255 → an edge map of each stage [N,1,⌊H/2ⁱ⌋,⌊W/2ⁱ⌋], before the sigmoid. */
export const hed = layer((p: Params, x: Value, { stages }: HedConfig): Value[] => {
  let h = subtract(x, p.parameter("norm", [1, 3, 1, 1]));
  return stages.map(({ features, convolutions }, i) => {
    const stage = p.at(`block${i + 1}`);
    if (i > 0) h = maxPool2d(h, { kernel: 2 });
    for (let j = 0; j < convolutions; j++) h = relu(conv2d(stage.at("convs", j), h, { features }));
    return conv2d(stage.at("projection"), h, { features: 1, kernel: 1 });
  });
});

/** Input `image` [batch,3,height,width] from 0 to 255; outputs `edges.0`, `edges.1` … */
export function hedGraph(config: HedConfig): Graph {
  const image = input("image", [symbol("batch"), 3, symbol("height"), symbol("width")]);
  const edges = hed(parameters(), image, config);
  return graphOf("hed", Object.fromEntries(edges.map((map, i) => [`edges.${i}`, map])));
}
