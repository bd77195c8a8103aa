import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { inputsOf, parametersOf } from "../graph/graph.ts";
import { printGraph } from "../graph/print.ts";
import type { PublishedConfig } from "./config.ts";
import { unetConfig } from "./unet-config.ts";
import { levelSizes, tracedUNet } from "./unet-tracing.ts";
import type { UNetTracing } from "./unet-tracing.ts";
import { unetGraph } from "./unet.ts";

const config = unetConfig(
  JSON.parse(readFileSync(fixturePath("models/sd1/unet/config.json"), "utf8")) as PublishedConfig,
);
const traced = (tracing: UNetTracing) => tracedUNet(config, { tracing });
const count = (tracing: UNetTracing, op: string) =>
  traced(tracing).values.filter((value) => value.op.name === op).length;

describe("tracedUNet()", () => {
  it("is the plain network when nothing is asked for", () => {
    expect(printGraph(traced({}))).toBe(printGraph(unetGraph(config)));
  });

  it.each([
    { freeU: true },
    { tiling: "xy" },
    { perturbedLayers: ["up"] },
    { wordMaps: true },
    { selfAttentionMap: true },
  ] as const)("needs the same weights when it is asked for %j", (tracing) => {
    const names = (graph: ReturnType<typeof traced>) => parametersOf(graph).map(({ name }) => name);
    expect(names(traced(tracing)).sort()).toEqual(names(unetGraph(config)).sort());
  });

  it("has the inputs and outputs of what it is asked for", () => {
    const graph = traced({ freeU: true, perturbedLayers: ["mid"], wordMaps: true, selfAttentionMap: true });
    expect(inputsOf(graph).map(({ name }) => name)).toEqual(expect.arrayContaining(["freeU", "perturbed"]));
    expect(Object.keys(graph.outputs).sort()).toEqual(
      ["attention.0", "attention.1", "attention.2", "attention.3", "out", "selfAttention"].sort(),
    );
  });

  it.each([
    ["mid", 1],
    ["mid.block_0", 1],
    ["up_blocks.1", 3],
    ["up.block_1.attentions_2", 1],
    ["down_blocks.0.attentions.1", 1],
    ["down", 6],
  ])("perturbs the self-attentions of %s, which are %i", (layer, attentions) => {
    expect(count({ perturbedLayers: [layer] }, "subtract")).toBe(attentions);
  });

  it("refuses layers without self-attention, and those that are not there", () => {
    expect(() => traced({ perturbedLayers: ["up_blocks.0"] })).toThrow(/^Cannot perturb attention: none of the layers/);
    expect(() => traced({ perturbedLayers: ["mid", "up_blocks.10"] })).toThrow(
      /^Cannot perturb attention in "up_blocks.10"/,
    );
    expect(() => tracedUNet({ ...config, middle: undefined }, { tracing: { selfAttentionMap: true } })).toThrow(
      /^Cannot guide by self-attention: the middle of the UNet has none$/,
    );
  });
});

describe("levelSizes()", () => {
  it("halves and rounds up from level to level", () => {
    expect(levelSizes(config, { height: 13, width: 8 })).toEqual([
      { height: 13, width: 8 },
      { height: 7, width: 4 },
      { height: 4, width: 2 },
      { height: 2, width: 1 },
    ]);
  });
});
