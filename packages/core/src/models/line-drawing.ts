// The generator of "informative drawings" (C. Chan et al., arXiv 2203.12691), ControlNet's lineart: down twice, residual blocks,
// up twice, as in CycleGAN (arXiv 1703.10593, §7.1). Parameter names are those published (sk_model.pth, sk_model2.pth).

import { multiplyDims, symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { conv2dInputGradient } from "../graph/ops/convolution.ts";
import { add, relu, sigmoid } from "../graph/ops/elementwise.ts";
import { groupNorm } from "../graph/ops/normalization.ts";
import { reshape } from "../graph/ops/shape.ts";
import { constant, input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d, known } from "../nn/layers.ts";
import { reflectionPadding } from "../nn/reflection-padding.ts";

/** A generator's sizes. */
export interface LineDrawingConfig {
  readonly kind: "line-drawing";
  /** Channels at the picture's own size; twice and four times as many below. */
  readonly features: number;
  readonly blocks: number;
}

/** x [N,3,H,W] in [0,1] → [N,1,H,W] in [0,1], dark lines on light; H and W are multiples of 4. */
export const lineDrawing = layer((p: Params, x: Value, { features, blocks }: LineDrawingConfig): Value => {
  const first = conv2d(p.at("model0", 1), reflectionPadding(x, 3), { features, kernel: 7, padding: 0 });
  let h = relu(instanceNorm(first));
  for (const [i, name] of [0, 3].entries())
    h = relu(instanceNorm(conv2d(p.at("model1", name), h, { features: features * 2 ** (i + 1), stride: 2 })));
  for (let i = 0; i < blocks; i++) h = residual(p.at("model2", i, "conv_block"), h);
  for (const [i, name] of [0, 3].entries())
    h = relu(instanceNorm(doubled(p.at("model3", name), h, { features: features * 2 ** (1 - i) })));
  return sigmoid(conv2d(p.at("model4", 1), reflectionPadding(h, 3), { features: 1, kernel: 7, padding: 0 }));
});

/** x + f(x), [N,C,h,w] → [N,C,h,w]. */
const residual = layer((p: Params, x: Value): Value => {
  const convolve = (name: number, h: Value) =>
    instanceNorm(conv2d(p.at(name), reflectionPadding(h, 1), { features: known(x, 1), padding: 0 }));
  return add(x, convolve(5, relu(convolve(1, x))));
});

/** A transposed convolution of stride 2: x [N,C,h,w] → [N,features,2h,2w]. */
const doubled = layer((p: Params, x: Value, { features }: { features: number }): Value => {
  const [, , height, width] = x.dims;
  const y = conv2dInputGradient(x, p.parameter("weight", [known(x, 1), features, 3, 3]), {
    stride: 2,
    padding: [1, 1, 1, 1],
    size: [multiplyDims(height, 2), multiplyDims(width, 2)],
  });
  return add(y, reshape(p.parameter("bias", [features]), [1, features, 1, 1]));
});

/** Each channel of each picture to mean 0 and deviation 1 (arXiv 1607.08022), without parameters. */
function instanceNorm(x: Value): Value {
  const groups = known(x, 1);
  const all = (value: number) => constant(new Array<number>(groups).fill(value));
  return groupNorm(x, all(1), all(0), { groups, epsilon: 1e-5 });
}

/** Input `image` [batch,3,height,width] in [0,1], sides multiples of 4; output `drawing`. */
export function lineDrawingGraph(config: LineDrawingConfig): Graph {
  const image = input("image", [symbol("batch"), 3, symbol("height"), symbol("width")]);
  return graphOf("line_drawing", { drawing: lineDrawing(parameters(), image, config) });
}
