import { expect, it } from "vitest";
import { unetConfig } from "../models/unet-config.ts";
import { unetGraph } from "../models/unet.ts";
import { symbol } from "./dim.ts";
import { flops, flopsByOperator } from "./flops.ts";
import { graphOf } from "./graph.ts";
import type { Value } from "./value.ts";
import { attention } from "./ops/attention.ts";
import { conv2d, conv2dInputGradient, conv2dWeightGradient } from "./ops/convolution.ts";
import { silu } from "./ops/elementwise.ts";
import { linear, matmul } from "./ops/linear-algebra.ts";
import { input } from "./ops/source.ts";

const [n, t] = ["n", "t"].map(symbol);
let count = 0;
const of = (...dims: Value["dims"]) => input(`x${count++}`, dims);
const window = { stride: 2, padding: [1, 1, 1, 1] } as const;

it.each<[string, Value, number]>([
  ["matmul", matmul(of(n, 3, 5), of(5, 7)), 2 * 2 * 3 * 5 * 7],
  ["matmul", matmul(of(n, 5, 3), of(5, 7), { transposeA: true }), 2 * 2 * 3 * 5 * 7],
  [
    "conv2dInputGradient",
    conv2dInputGradient(of(n, 4, 4, 4), of(4, 3, 3, 3), { ...window, size: [8, 8] }),
    2 * 2 * 4 * 4 * 4 * 27,
  ],
  [
    "conv2dWeightGradient",
    conv2dWeightGradient(of(n, 4, 4, 4), of(n, 3, 8, 8), { ...window, kernel: [3, 3] }),
    2 * 2 * 4 * 4 * 4 * 27,
  ],
  ["linear", linear(of(n, t, 5), of(7, 5), of(7)), 2 * 2 * 10 * 5 * 7],
  ["conv2d", conv2d(of(n, 3, 8, 8), of(4, 3, 3, 3), undefined, window), 2 * 2 * 4 * 4 * 4 * 27],
  ["attention", attention(of(n, t, 6), of(n, 7, 6), of(n, 7, 6), { heads: 3 }), 2 * (2 * 2 * 10 * 7 * 6)],
])("flopsByOperator() counts a multiplication and an addition per term of %s", (name, y, expected) => {
  expect(flopsByOperator(graphOf("g", { y: silu(y) }), { n: 2, t: 10 })).toEqual({ [name]: expected });
});

it("flops() of SD 1.5's UNet at 512 × 512 with guidance is 1.35 TFLOP in layers and 0.25 in attention", () => {
  const graph = unetGraph(
    unetConfig({
      block_out_channels: [320, 640, 1280, 1280],
      down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
      up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
      attention_head_dim: 8,
      cross_attention_dim: 768,
    }),
  );
  const sizes = { batch: 2, height: 64, width: 64, tokens: 77 };
  const { conv2d, linear, attention } = flopsByOperator(graph, sizes);
  // What profilers of layers count: twice 338.7 billion multiply-adds a picture.
  expect((conv2d + linear) / 1e12).toBeCloseTo(1.354, 2);
  // Two products of T × S × D: 5 layers each at 64², 32², 16² and one at 8², looking at themselves and at 77 tokens.
  const levels = [
    [4096, 320, 5],
    [1024, 640, 5],
    [256, 1280, 5],
    [64, 1280, 1],
  ];
  expect(attention).toBe(levels.reduce((sum, [t, d, layers]) => sum + layers * 4 * 2 * d * t * (t + 77), 0));
  expect(flops(graph, sizes)).toBe(conv2d + linear + attention);
});
