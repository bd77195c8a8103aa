// Inception v3 (arXiv 1512.00567) as Fréchet distance and Inception Score take it: the network of TensorFlow's
// inception-2015-12-05, whose pools differ from torchvision's. Parameter names are those of torchvision, and of the
// weights that pytorch-fid and torch-fidelity publish.

import { symbol } from "../graph/dim.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/graph.ts";
import { conv2d as convolve } from "../graph/ops/convolution.ts";
import { divide, relu } from "../graph/ops/elementwise.ts";
import { linear } from "../graph/ops/linear-algebra.ts";
import { averagePool2d, maxPool2d } from "../graph/ops/pooling.ts";
import { mean } from "../graph/ops/reduce.ts";
import { concat, expand, pad } from "../graph/ops/shape.ts";
import { constant, input } from "../graph/ops/source.ts";
import { layer, parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { batchNorm } from "../nn/batch-norm.ts";
import { known } from "../nn/layers.ts";

/** Sizes; only tests have other than the published ones. */
export interface InceptionConfig {
  /** Part of the published channels that each layer has. */
  readonly width?: number;
  readonly classes?: number;
}

/** What Inception makes of pictures. */
export interface InceptionOutputs {
  /** Features [N,2048]: the mean over the picture of the last layer. */
  readonly features: Value;
  /** Class scores [N,1008], and the same without bias, of which torch-fidelity takes the Inception Score. */
  readonly logits: Value;
  readonly logitsUnbiased: Value;
}

/** x [N,3,299,299] in [-1,1]. */
export const inceptionV3 = layer(
  (p: Params, x: Value, { width = 1, classes = 1008 }: InceptionConfig = {}): InceptionOutputs => {
    const layers = blocks((features) => Math.ceil(features * width));
    const { conv } = layers;
    x = conv(p.at("Conv2d_1a_3x3"), x, 32, { kernel: 3, stride: 2, padding: 0 });
    x = conv(p.at("Conv2d_2a_3x3"), x, 32, { kernel: 3, padding: 0 });
    x = conv(p.at("Conv2d_2b_3x3"), x, 64, { kernel: 3 });
    x = maxPool2d(x, { kernel: 3, stride: 2 }); // [N,64,73,73]
    x = conv(p.at("Conv2d_3b_1x1"), x, 80);
    x = conv(p.at("Conv2d_4a_3x3"), x, 192, { kernel: 3, padding: 0 });
    x = maxPool2d(x, { kernel: 3, stride: 2 }); // [N,192,35,35]
    x = layers.a(p.at("Mixed_5b"), x, 32);
    x = layers.a(p.at("Mixed_5c"), x, 64);
    x = layers.a(p.at("Mixed_5d"), x, 64);
    x = layers.b(p.at("Mixed_6a"), x); // [N,768,17,17]
    x = layers.c(p.at("Mixed_6b"), x, 128);
    x = layers.c(p.at("Mixed_6c"), x, 160);
    x = layers.c(p.at("Mixed_6d"), x, 160);
    x = layers.c(p.at("Mixed_6e"), x, 192);
    x = layers.d(p.at("Mixed_7a"), x); // [N,1280,8,8]
    x = layers.e(p.at("Mixed_7b"), x, meanAround);
    x = layers.e(p.at("Mixed_7c"), x, largestAround); // [N,2048,8,8]
    const features = mean(x, { axes: [2, 3] });
    const weight = p.at("fc").parameter("weight", [classes, known(features, 1)]);
    return {
      features,
      logits: linear(features, weight, p.at("fc").parameter("bias", [classes])),
      logitsUnbiased: linear(features, weight),
    };
  },
);

type Sides = number | readonly [height: number, width: number];

/** The building blocks (figures 5, 6, 7 and 10 of the paper), with `scaled` channels. */
function blocks(scaled: (features: number) => number) {
  const sides = (size: Sides) => (typeof size === "number" ? [size, size] : size);
  /** Convolution without bias, batch norm, ReLU; as large as before unless told. */
  const conv = layer(
    (
      p: Params,
      x: Value,
      features: number,
      { kernel = 1, stride = 1, padding }: { kernel?: Sides; stride?: number; padding?: number } = {},
    ): Value => {
      const [height, width] = sides(kernel);
      const [y, z] = padding === undefined ? [(height - 1) / 2, (width - 1) / 2] : [padding, padding];
      const weight = p.at("conv").parameter("weight", [scaled(features), known(x, 1), height, width]);
      const h = convolve(x, weight, undefined, { stride, padding: [y, z, y, z] });
      return relu(batchNorm(p.at("bn"), h, { epsilon: 1e-3 }));
    },
  );
  const half = { kernel: 3, stride: 2, padding: 0 };
  const row = (length: number) => ({ kernel: [1, length] }) as const;
  const column = (length: number) => ({ kernel: [length, 1] }) as const;

  return {
    conv,
    a: layer((p: Params, x: Value, poolFeatures: number): Value => {
      const wide = conv(p.at("branch5x5_2"), conv(p.at("branch5x5_1"), x, 48), 64, { kernel: 5 });
      let deep = conv(p.at("branch3x3dbl_1"), x, 64);
      deep = conv(p.at("branch3x3dbl_2"), deep, 96, { kernel: 3 });
      deep = conv(p.at("branch3x3dbl_3"), deep, 96, { kernel: 3 });
      const pooled = conv(p.at("branch_pool"), meanAround(x), poolFeatures);
      return concat([conv(p.at("branch1x1"), x, 64), wide, deep, pooled], 1);
    }),
    b: layer((p: Params, x: Value): Value => {
      let deep = conv(p.at("branch3x3dbl_1"), x, 64);
      deep = conv(p.at("branch3x3dbl_2"), deep, 96, { kernel: 3 });
      deep = conv(p.at("branch3x3dbl_3"), deep, 96, half);
      return concat([conv(p.at("branch3x3"), x, 384, half), deep, maxPool2d(x, { kernel: 3, stride: 2 })], 1);
    }),
    c: layer((p: Params, x: Value, inner: number): Value => {
      let cross = conv(p.at("branch7x7_1"), x, inner);
      cross = conv(p.at("branch7x7_2"), cross, inner, row(7));
      cross = conv(p.at("branch7x7_3"), cross, 192, column(7));
      let deep = conv(p.at("branch7x7dbl_1"), x, inner);
      deep = conv(p.at("branch7x7dbl_2"), deep, inner, column(7));
      deep = conv(p.at("branch7x7dbl_3"), deep, inner, row(7));
      deep = conv(p.at("branch7x7dbl_4"), deep, inner, column(7));
      deep = conv(p.at("branch7x7dbl_5"), deep, 192, row(7));
      const pooled = conv(p.at("branch_pool"), meanAround(x), 192);
      return concat([conv(p.at("branch1x1"), x, 192), cross, deep, pooled], 1);
    }),
    d: layer((p: Params, x: Value): Value => {
      const small = conv(p.at("branch3x3_2"), conv(p.at("branch3x3_1"), x, 192), 320, half);
      let cross = conv(p.at("branch7x7x3_1"), x, 192);
      cross = conv(p.at("branch7x7x3_2"), cross, 192, row(7));
      cross = conv(p.at("branch7x7x3_3"), cross, 192, column(7));
      cross = conv(p.at("branch7x7x3_4"), cross, 192, half);
      return concat([small, cross, maxPool2d(x, { kernel: 3, stride: 2 })], 1);
    }),
    e: layer((p: Params, x: Value, pool: (x: Value) => Value): Value => {
      const fork = (name: string, h: Value) =>
        concat([conv(p.at(`${name}a`), h, 384, row(3)), conv(p.at(`${name}b`), h, 384, column(3))], 1);
      const small = fork("branch3x3_2", conv(p.at("branch3x3_1"), x, 384));
      const deep = conv(p.at("branch3x3dbl_2"), conv(p.at("branch3x3dbl_1"), x, 448), 384, { kernel: 3 });
      const pooled = conv(p.at("branch_pool"), pool(x), 192);
      return concat([conv(p.at("branch1x1"), x, 320), small, fork("branch3x3dbl_3", deep), pooled], 1);
    }),
  };
}

const around = (x: Value): Value => pad(x, { before: [0, 0, 1, 1], after: [0, 0, 1, 1] });

/** The mean of each 3 × 3 square, of those of its pixels that are inside the picture. */
function meanAround(x: Value): Value {
  const [, , height, width] = x.dims;
  const inside = expand(constant([1], [1, 1, 1, 1]), [1, 1, height, width]);
  const part = (value: Value) => averagePool2d(around(value), { kernel: 3, stride: 1 });
  return divide(part(x), part(inside));
}

/** The largest of each 3 × 3 square. What comes out of a ReLU is never below the zeros around the picture. */
const largestAround = (x: Value): Value => maxPool2d(around(x), { kernel: 3, stride: 1 });

/** Input `pixels` [batch,3,299,299] in [-1,1] (image/inception-pixels.ts); outputs as InceptionOutputs. */
export function inceptionV3Graph(config?: InceptionConfig): Graph {
  const pixels = input("pixels", [symbol("batch"), 3, 299, 299]);
  return graphOf("inception", { ...inceptionV3(parameters(), pixels, config) });
}
