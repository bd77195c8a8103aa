// Learned perceptual image patch similarity (Zhang et al. 2018, arXiv 1801.03924, §3.1): the weighted distance of two
// pictures' features in a classification network, here VGG16. Parameter names are those of the `lpips` package.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { add, divide, maximum, multiply, relu, sqrt, subtract } from "../graph/ops/elementwise.ts";
import { maxPool2d } from "../graph/ops/pooling.ts";
import { mean, sum } from "../graph/ops/reduce.ts";
import { constant, input, scalar } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { conv2d } from "../nn/layers.ts";

/** Channels of each slice's convolutions; slices after the first begin with a 2×2 max pooling. */
export type VggSlices = readonly (readonly number[])[];

/** VGG16 (arXiv 1409.1556, table 1, D) up to relu5_3. */
export const vgg16: VggSlices = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];

/** ImageNet's means and deviations for pictures in [-1,1]. */
const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

/** The distance of a and b [N,3,H,W] in [-1,1] → [N,1,1,1]: 0 for equal pictures. */
export const lpips = layer((p: Params, a: Value, b: Value, slices: VggSlices = vgg16): Value => {
  const [ours, theirs] = [vggFeatures(p.at("net"), a, slices), vggFeatures(p.at("net"), b, slices)];
  const distances = slices.map((_, i) => {
    const difference = subtract(unitNormalized(ours[i]), unitNormalized(theirs[i]));
    const squared = multiply(difference, difference);
    // Place 0 of each head is a dropout.
    const weighted = conv2d(p.at(`lin${i}`, "model", 1), squared, { features: 1, kernel: 1, bias: false });
    return mean(weighted, { axes: [2, 3], keep: true });
  });
  return distances.reduce((total, distance) => add(total, distance));
});

/** The features after each slice of x [N,3,H,W] in [-1,1]: [N,C,H/2ⁱ,W/2ⁱ]. */
export const vggFeatures = layer((p: Params, x: Value, slices: VggSlices): Value[] => {
  let h = divide(subtract(x, constant(shift, [1, 3, 1, 1])), constant(scale, [1, 3, 1, 1]));
  let place = 0; // in torchvision's sequence of convolutions, activations and poolings
  return slices.map((widths, i) => {
    const slice = p.at(`slice${i + 1}`);
    if (i > 0) {
      h = maxPool2d(h, { kernel: 2, stride: 2 });
      place++;
    }
    for (const features of widths) {
      h = relu(conv2d(slice.at(place), h, { features }));
      place += 2;
    }
    return h;
  });
});

/** x / (|x| + ε) over the channels. */
function unitNormalized(x: Value): Value {
  const squares = sum(multiply(x, x), { axes: [1], keep: true });
  // The floor does not show in the quotient, but the root's slope at 0 would be infinite.
  const norm = sqrt(maximum(squares, scalar(1e-20)));
  return divide(x, add(norm, scalar(1e-10)));
}

/** Inputs `a` and `b` [batch,3,height,width] in [-1,1]; output `distance` [batch,1,1,1]. */
export function lpipsGraph(slices: VggSlices = vgg16): Graph {
  const dims = [symbol("batch"), 3, symbol("height"), symbol("width")];
  return graphOf("lpips", { distance: lpips(parameters(), input("a", dims), input("b", dims), slices) });
}
