// MobileNetV2 (arXiv 1801.04381) as far as its features. Modules have the names of the published Keras model, their weights those
// of torch.

import { conv2d as convolve } from "../graph/ops/convolution.ts";
import { add, minimum, relu } from "../graph/ops/elementwise.ts";
import { scalar } from "../graph/ops/source.ts";
import { layer } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { batchNorm } from "../nn/batch-norm.ts";
import { conv2d, known } from "../nn/layers.ts";

/** Table 2 of the paper: expansion, channels, blocks, stride of the first one. */
const stages = [
  [1, 16, 1, 1],
  [6, 24, 2, 2],
  [6, 32, 3, 2],
  [6, 64, 4, 2],
  [6, 96, 3, 1],
  [6, 160, 3, 2],
  [6, 320, 1, 1],
] as const;

/**
 * Places whose features are used: the last one, [N,1280,S/32,S/32], and the one before the last halving, [N,576,S/16,S/16], where
 * detectors look for things (§6.2).
 */
export type MobileNetFeatures = "Conv_1" | "block_13_expand";

/** x [N,3,S,S] in [0,1], S a multiple of 32 → features at the place `at`. */
export const mobileNetV2 = layer((p: Params, x: Value, { at }: { at: MobileNetFeatures }): Value => {
  let h = conv2d(p.at("Conv1"), x, { features: 32, stride: 2, padding: halving, bias: false }); // [N,32,S/2,S/2]
  h = relu6(normalized(p.at("bn_Conv1"), h));
  let block = 0;
  for (const [expansion, features, blocks, firstStride] of stages) {
    for (let i = 0; i < blocks; i++, block++) {
      const name = block === 0 ? "expanded_conv" : `block_${block}`;
      const wide = expansion === 1 ? h : expanded(p, h, { name, expansion });
      if (at === `${name}_expand`) return wide;
      h = narrowed(p, h, wide, { name, features, stride: i === 0 ? firstStride : 1 });
    }
  } // [N,320,S/32,S/32]
  return relu6(normalized(p.at("Conv_1_bn"), pointwise(p.at("Conv_1"), h, 1280)));
});

// An inverted residual (§3.3): wider, a depthwise convolution, narrower again without an activation; added to x where the size stays.

const expanded = (p: Params, x: Value, { name, expansion }: { name: string; expansion: number }): Value =>
  relu6(normalized(p.at(`${name}_expand_BN`), pointwise(p.at(`${name}_expand`), x, expansion * known(x, 1))));

function narrowed(
  p: Params,
  x: Value,
  wide: Value,
  { name, features, stride }: { name: string; features: number; stride: number },
): Value {
  const part = (suffix: string) => p.at(`${name}_${suffix}`);
  const width = known(wide, 1);
  const weight = part("depthwise").parameter("weight", [width, 1, 3, 3]);
  const padding = stride === 2 ? halving : ([1, 1, 1, 1] as const);
  let h = convolve(wide, weight, undefined, { stride, padding, groups: width });
  h = relu6(normalized(part("depthwise_BN"), h));
  h = normalized(part("project_BN"), pointwise(part("project"), h, features));
  return stride === 1 && known(x, 1) === features ? add(x, h) : h;
}

/** Where Keras pads even pictures that a stride of 2 halves: at the bottom and at the right. */
const halving = [0, 0, 1, 1] as const;

const pointwise = (p: Params, x: Value, features: number): Value => conv2d(p, x, { features, kernel: 1, bias: false });
const normalized = (p: Params, x: Value): Value => batchNorm(p, x, { epsilon: 1e-3 });
const relu6 = (x: Value): Value => minimum(relu(x), scalar(6));
