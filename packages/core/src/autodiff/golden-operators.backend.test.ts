// Gradients against torch's, on the reference's operators and losses.

import { beforeAll, describe, expect, it } from "vitest";
import { gradientBound, inputsFor, tensorsUnder, worstDifference } from "../../../../fixtures/golden-gradients.ts";
import { goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { conv2d, conv2dInputGradient } from "../graph/ops/convolution.ts";
import {
  abs,
  add,
  divide,
  gelu,
  greater,
  leakyRelu,
  less,
  minimum,
  multiply,
  negate,
  quickGelu,
  relu,
  sigmoid,
  silu,
  softplus,
  sqrt,
  subtract,
  tanh,
  where,
} from "../graph/ops/elementwise.ts";
import { linear, matmul } from "../graph/ops/linear-algebra.ts";
import { embedding } from "../graph/ops/lookup.ts";
import { groupNorm, layerNorm } from "../graph/ops/normalization.ts";
import { averagePool2d, maxPool2d } from "../graph/ops/pooling.ts";
import { mean, sum } from "../graph/ops/reduce.ts";
import { reshape, resizeNearest, slice } from "../graph/ops/shape.ts";
import { logSoftmax, softmax } from "../graph/ops/softmax.ts";
import { constant, input, integers, scalar } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { pixelUnshuffle } from "../nn/pixel-shuffle.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { gradients } from "./gradient.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

type Values = Record<string, Value>;

const golden = readGolden("train/ops");

const square = (x: Value) => multiply(x, x);
const window = (padding: number, more = {}) => ({
  stride: 1,
  padding: [padding, padding, padding, padding] as const,
  ...more,
});
const convolution =
  (attributes: Parameters<typeof conv2d>[3]) =>
  ({ x, w, b }: Values) =>
    conv2d(x, w, b, attributes);
const attends =
  (heads: number, causal = false) =>
  ({ q, k, v }: Values) =>
    attention(q, k, v, { heads, causal });
const half = (x: Value, which: number) => {
  const size = (x.dims.at(-1) as number) / 2;
  return slice(x, { axis: x.dims.length - 1, start: which * size, end: (which + 1) * size });
};

/** The reference's operators in ours; it has no others that networks here use. */
const operators: Readonly<Record<string, (inputs: Values) => Value>> = {
  conv3x3: convolution(window(1)),
  conv3x3_s2: convolution(window(1, { stride: 2 })),
  conv3x3_s2_odd: convolution(window(1, { stride: 2 })),
  conv1x1: convolution(window(0)),
  conv3x3_groups2: convolution(window(1, { groups: 2 })),
  conv4x4_s2_nobias: convolution(window(1, { stride: 2 })),
  conv5x5_p2: convolution(window(2)),
  conv3x3_dil2: convolution(window(2, { dilation: 2 })),
  conv_depthwise: convolution(window(1, { groups: 4 })),
  conv_wide: convolution(window(1)),
  conv_asym_pad_s2: convolution({ stride: 2, padding: [0, 0, 1, 1] }),
  conv_transpose: ({ x, w, b }) =>
    add(conv2dInputGradient(x, w, window(1, { stride: 2, size: [8, 10] }) as never), reshape(b, [3, 1, 1])),
  linear: ({ x, w, b }) => linear(x, w, b),
  matmul_batched: ({ x, y }) => matmul(x, y),
  embedding: ({ w }) => embedding(w, integers([0, 3, 3, 1, 5, 3, 0, 2], [2, 4])),
  "group_norm_1e-05": ({ x, w, b }) => groupNorm(x, w, b, { groups: 4, epsilon: 1e-5 }),
  "group_norm_1e-06": ({ x, w, b }) => groupNorm(x, w, b, { groups: 4, epsilon: 1e-6 }),
  layer_norm: ({ x, w, b }) => layerNorm(x, w, b, 1e-5),
  rms_norm: ({ x, w }) => multiply(w, divide(x, sqrt(add(mean(square(x), { axes: [-1], keep: true }), scalar(1e-6))))),
  batch_norm_train: ({ x, w, b }) => {
    const pixels = { axes: [0, 2, 3], keep: true };
    const centred = subtract(x, mean(x, pixels));
    const normal = divide(centred, sqrt(add(mean(square(centred), pixels), scalar(1e-5))));
    return add(multiply(normal, reshape(w, [4, 1, 1])), reshape(b, [4, 1, 1]));
  },
  silu: ({ x }) => silu(x),
  gelu_erf: ({ x }) => gelu(x),
  gelu_tanh: ({ x }) => {
    const cubic = multiply(scalar(0.044715), multiply(x, square(x)));
    const bent = tanh(multiply(scalar(Math.sqrt(2 / Math.PI)), add(x, cubic)));
    return multiply(multiply(scalar(0.5), x), add(scalar(1), bent));
  },
  quick_gelu: ({ x }) => quickGelu(x),
  relu: ({ x }) => relu(x),
  leaky_relu02: ({ x }) => leakyRelu(x, 0.2),
  sigmoid: ({ x }) => sigmoid(x),
  tanh: ({ x }) => tanh(x),
  mish: ({ x }) => multiply(x, tanh(softplus(x))),
  hardswish: ({ x }) => {
    const inner = multiply(x, divide(add(x, scalar(3)), scalar(6)));
    return where(less(x, scalar(3)), where(greater(x, scalar(-3)), inner, scalar(0)), x);
  },
  softplus: ({ x }) => softplus(x),
  geglu: ({ x, w, b }) => multiply(half(linear(x, w, b), 0), gelu(half(linear(x, w, b), 1))),
  softmax: ({ x }) => softmax(x),
  log_softmax: ({ x }) => logSoftmax(x),
  attn_self: attends(2),
  attn_cross: attends(2),
  attn_causal: attends(3, true),
  attn_d40: attends(1),
  attn_long: attends(1),
  upsample_nearest2: ({ x }) => resizeNearest(x, { height: 8, width: 6 }),
  upsample_nearest_size: ({ x }) => resizeNearest(x, { height: 9, width: 7 }),
  avg_pool2: ({ x }) => averagePool2d(x, { kernel: 2 }),
  max_pool2: ({ x }) => maxPool2d(x, { kernel: 2 }),
  pixel_unshuffle: ({ x }) => pixelUnshuffle(x, 2),
  loss_mse: ({ x, y }) => reshape(mean(square(subtract(x, y))), [1]),
  loss_l1: ({ x, y }) => reshape(mean(abs(subtract(x, y))), [1]),
  loss_smooth_l1: ({ x, y }) => huber(x, y, 1),
  loss_huber: ({ x, y }) => huber(x, y, 0.7),
  // −t·ln σ(x) − (1 − t)·ln(1 − σ(x)) with targets t = σ(y)
  loss_bce_logits: ({ x, y }) => reshape(mean(subtract(softplus(x), multiply(x, sigmoid(y)))), [1]),
  cross_entropy: ({ x }) => {
    const picked = constant([0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0], [3, 5]);
    return reshape(negate(mean(sum(multiply(logSoftmax(x), picked), { axes: [1] }))), [1]);
  },
};
/** d²/2 up to |d| = δ, δ·(|d| − δ/2) beyond: m·(|d| − m/2) with m = min(|d|, δ). */
function huber(x: Value, y: Value, delta: number): Value {
  const distance = abs(subtract(x, y));
  const near = minimum(distance, scalar(delta));
  return reshape(mean(multiply(near, subtract(distance, multiply(scalar(0.5), near)))), [1]);
}

describe("gradients() are torch's", () => {
  it.each(Object.entries(operators))("of %s", async (name, build) => {
    const feeds = tensorsUnder(golden, `${name}.in.`);
    const expected = tensorsUnder(golden, `${name}.grad.`);
    const inputs = inputsFor(feeds);
    const out = build(inputs);
    const seed = input("seed", out.dims);
    const names = Object.keys(expected);
    const found = gradients(
      out,
      names.map((key) => inputs[key]),
      seed,
    );
    const outputs = { out, ...Object.fromEntries(names.map((key, i) => [`grad.${key}`, found[i]])) };
    const results = await evaluate(engine, graphOf(name, outputs), {
      ...feeds,
      seed: goldenTensor(golden, `${name}.grad_out`) as Tensor,
    });
    expect(worstDifference(results.out, goldenTensor(golden, `${name}.out`))).toBeLessThan(gradientBound);
    for (const key of names)
      expect(worstDifference(results[`grad.${key}`], expected[key]), key).toBeLessThan(gradientBound);
  });

  it.each([
    [
      "hinge",
      (real: Value, fake: Value) => add(mean(relu(subtract(scalar(1), real))), mean(relu(add(scalar(1), fake)))),
    ],
    ["vanilla", (real: Value, fake: Value) => add(mean(softplus(negate(real))), mean(softplus(fake)))],
  ] as const)("of the %s loss of a discriminator", async (name, build) => {
    const golden = readGolden("train/gan_losses");
    const feeds = tensorsUnder(golden, "in.");
    const { real, fake } = inputsFor(feeds);
    const loss = multiply(scalar(0.5), build(real, fake));
    const [dReal, dFake] = gradients(loss, [real, fake]);
    const results = await evaluate(engine, graphOf(name, { loss, dReal, dFake }), feeds);
    expect(worstDifference(results.dReal, goldenTensor(golden, `${name}.grad_real`))).toBeLessThan(gradientBound);
    expect(worstDifference(results.dFake, goldenTensor(golden, `${name}.grad_fake`))).toBeLessThan(gradientBound);
    expect(worstDifference(results.loss, goldenTensor(golden, `${name}.loss`))).toBeLessThan(gradientBound);
  });
});
