// What needs no numbers: which operators have rules, and what is refused.

import { describe, expect, it } from "vitest";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import * as attentions from "../graph/ops/attention.ts";
import * as convolution from "../graph/ops/convolution.ts";
import * as elementwise from "../graph/ops/elementwise.ts";
import * as linearAlgebra from "../graph/ops/linear-algebra.ts";
import * as lookup from "../graph/ops/lookup.ts";
import * as normalization from "../graph/ops/normalization.ts";
import * as pooling from "../graph/ops/pooling.ts";
import * as reduce from "../graph/ops/reduce.ts";
import * as shapes from "../graph/ops/shape.ts";
import * as softmaxes from "../graph/ops/softmax.ts";
import * as source from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { printGraph } from "../graph/print.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unet } from "../models/unet.ts";
import { gradients } from "./gradient.ts";
import { notDifferentiable, rules } from "./rules/index.ts";

const modules = [
  attentions,
  convolution,
  elementwise,
  linearAlgebra,
  lookup,
  normalization,
  pooling,
  reduce,
  shapes,
  softmaxes,
  source,
];
const operators = [
  ...Object.values(elementwise.binaryOps),
  ...Object.values(elementwise.unaryOps),
  ...modules.flatMap((module) => Object.entries(module).flatMap(([name, op]) => (name.endsWith("Op") ? [op] : []))),
].map((op) => (op as { name: string }).name);

const { input } = source;
const { multiply } = elementwise;
const { sum } = reduce;

describe("rules", () => {
  it.each(operators)("%s has one, or is not differentiable", (name) => {
    expect([name in rules, notDifferentiable.has(name)].filter(Boolean)).toHaveLength(1);
  });
});

describe("gradients()", () => {
  it("gives zeros when the loss does not depend on a value", () => {
    const [x, z] = [input("x", [3]), input("z", [symbol("n"), 2])];
    const [dx, dz] = gradients(sum(x), [x, z]);
    expect(printGraph(graphOf("g", { dx, dz }))).toMatchInlineSnapshot(`
      "graph g
      %0 float32[] = constant()
      %1 float32[1] = reshape(%0)   # gradient
      %2 float32[3] = expand(%1)   # gradient
      %3 float32[] = constant()
      %4 float32[n, 2] = expand(%3)
      output dx = %2
      output dz = %4
      "
    `);
  });

  it("throws when the loss is not a scalar and has no seed", () => {
    const x = input("x", [symbol("n"), 2]);
    expect(() => gradients(multiply(x, x), [x])).toThrow(
      new TypeError("Cannot differentiate a value of shape [n, 2]: a scalar or a seed is wanted"),
    );
    expect(() => gradients(multiply(x, x), [x], input("seed", [2]))).toThrow(
      new TypeError("Cannot differentiate with a seed of shape [2]: [n, 2] is wanted"),
    );
  });

  it("has every parameter's shape when a UNet of unknown picture size is differentiated", () => {
    const config = unetConfig({
      block_out_channels: [8, 16],
      down_block_types: ["CrossAttnDownBlock2D", "DownBlock2D"],
      up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D"],
      attention_head_dim: 2,
      cross_attention_dim: 6,
      norm_num_groups: 4,
    });
    const batch = symbol("batch");
    const loss = sum(
      unet(
        parameters(),
        {
          sample: input("sample", [batch, 4, symbol("height"), symbol("width")]),
          timestep: input("timestep", [batch]),
          context: input("context", [batch, symbol("tokens"), 6]),
        },
        config,
      ),
    );
    const weights = graphOf("unet", { loss }).values.filter(({ op }) => op.name === "parameter");
    expect(gradients(loss, weights).map(({ dims }) => dims)).toEqual(weights.map(({ dims }) => dims));
    expect(weights.length).toBeGreaterThan(50);
  });
});
