// Group and layer normalization: y = (x − mean)/√(variance + ε) · weight + bias.

import { dimText, sameDim } from "../dim.ts";
import { floats, ints } from "../lowering.ts";
import { apply } from "../op.ts";
import type { Op } from "../op.ts";
import type { Value } from "../value.ts";

/** Inputs x, weight, bias. */
export const layerNormOp: Op<{ readonly epsilon: number }> = {
  name: "layerNorm",
  infer([x, weight]) {
    if (!sameDim(x.dims.at(-1)!, weight.dims[0])) {
      throw new TypeError(`width ${dimText(x.dims.at(-1)!)} does not match weight of ${dimText(weight.dims[0])}`);
    }
    return { type: "float32", dims: x.dims };
  },
  lower(to, [x, weight, bias], { epsilon }) {
    // ONNX Runtime takes the variance as mean(x²) − mean(x)², which loses digits unless the mean is taken off first.
    const centred = to.node("Sub", [x, to.node("ReduceMean", [x, ints(to, [-1])])]);
    return to.node("LayerNormalization", [centred, weight, bias], { axis: -1, epsilon: { float: epsilon } });
  },
};

/** Inputs x, weight, bias. */
export const groupNormOp: Op<{ readonly groups: number; readonly epsilon: number }> = {
  name: "groupNorm",
  infer([x, weight], { groups }) {
    const channels = x.dims[1];
    if (!sameDim(channels, weight.dims[0])) {
      throw new TypeError(`${dimText(channels)} channels do not match weight of ${dimText(weight.dims[0])}`);
    }
    if (typeof channels !== "number" || channels % groups !== 0) {
      throw new TypeError(`${dimText(channels)} channels do not divide into ${groups} groups`);
    }
    return { type: "float32", dims: x.dims };
  },
  lower(to, [x, weight, bias], { groups, epsilon }, { inputs }) {
    const dims = inputs[0].dims;
    // Instance normalization of [N, groups, rest], then the affine map per channel.
    const grouped = to.node("Reshape", [x, to.shape([dims[0], groups, -1])]);
    const ones = floats(to, new Array<number>(groups).fill(1));
    const zeros = floats(to, new Array<number>(groups).fill(0));
    const normal = to.node("InstanceNormalization", [grouped, ones, zeros], { epsilon: { float: epsilon } });
    const shaped = to.node("Reshape", [normal, to.shape(dims)]);
    const perChannel = to.shape([-1, ...dims.slice(2).map(() => 1)]);
    const scaled = to.node("Mul", [shaped, to.node("Reshape", [weight, perChannel])]);
    return to.node("Add", [scaled, to.node("Reshape", [bias, perChannel])]);
  },
};

/** Normalizes the last axis of x [..., D] with weight and bias [D]. */
export const layerNorm = (x: Value, weight: Value, bias: Value, epsilon: number): Value =>
  apply(layerNormOp, [x, weight, bias], { epsilon });

/** Normalizes x [N,C,...] over each of `groups` runs of channels, with weight and bias [C] (arXiv 1803.08494). */
export const groupNorm = (
  x: Value,
  weight: Value,
  bias: Value,
  attributes: { groups: number; epsilon: number },
): Value => apply(groupNormOp, [x, weight, bias], attributes);
