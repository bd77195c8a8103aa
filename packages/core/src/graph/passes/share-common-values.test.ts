import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fixturePath } from "../../../../../fixtures/read-golden.ts";
import { autoencoderKlConfig, decoderGraph, encoderGraph } from "../../models/autoencoder-kl.ts";
import { autoencoderTinyConfig, tinyDecoderGraph, tinyEncoderGraph } from "../../models/autoencoder-tiny.ts";
import { clipTextConfig, clipTextGraph } from "../../models/clip-text.ts";
import { unetConfig } from "../../models/unet-config.ts";
import { unetGraph } from "../../models/unet.ts";
import { symbol } from "../dim.ts";
import { graphOf, inputsOf, parametersOf } from "../graph.ts";
import type { Graph } from "../graph.ts";
import { add, multiply, silu, subtract } from "../ops/elementwise.ts";
import { layerNorm } from "../ops/normalization.ts";
import { reshape } from "../ops/shape.ts";
import { constant, input } from "../ops/source.ts";
import { printGraph } from "../print.ts";
import { shareCommonValues } from "./share-common-values.ts";

const x = input("x", [symbol("n"), 4]);
const count = (outputs: Parameters<typeof graphOf>[1]) => shareCommonValues(graphOf("g", outputs)).values.length;

it("shareCommonValues() computes once what is computed twice, through all levels", () => {
  const branch = () => multiply(silu(add(x, constant([1, 2, 3, 4]))), constant([1, 2, 3, 4]));
  const shared = shareCommonValues(graphOf("g", { y: add(branch(), branch()), z: branch() }));
  expect(printGraph(shared)).toBe(
    [
      "graph g",
      "input x: float32[n, 4]",
      "%0 float32[4] = constant()",
      "%1 float32[n, 4] = add(x, %0)",
      "%2 float32[n, 4] = silu(%1)",
      "%3 float32[n, 4] = multiply(%2, %0)",
      "%4 float32[n, 4] = add(%3, %3)",
      "output y = %4",
      "output z = %3",
      "",
    ].join("\n"),
  );
});

it("shareCommonValues() keeps apart what differs in operator, operands, their order or attributes", () => {
  const [one, two] = [constant([1, 1, 1, 1]), constant([2, 2, 2, 2])];
  expect(count({ a: add(x, one), b: subtract(x, one) })).toBe(4);
  expect(count({ a: subtract(x, x), b: subtract(x, one), c: subtract(one, x) })).toBe(5);
  expect(count({ a: layerNorm(x, one, two, 1e-5), b: layerNorm(x, one, two, 1e-6) })).toBe(5);
  expect(count({ a: reshape(x, [symbol("n"), 2, 2]), b: reshape(x, [2, symbol("n"), 2]) })).toBe(3);
  expect(count({ a: add(x, constant([0, 0, 0, 0])), b: add(x, constant([-0, 0, 0, 0])) })).toBe(5);
  expect(count({ a: reshape(constant([1, 2]), [2, 1]), b: reshape(constant([1, 2], [1, 2]), [2, 1]) })).toBe(4);
});

it("shareCommonValues() returns the same values when nothing is common", () => {
  const graph = graphOf("g", { y: silu(add(x, x)) });
  expect(shareCommonValues(graph).values).toEqual(graph.values);
});

const config = (path: string) => JSON.parse(readFileSync(fixturePath(`models/${path}/config.json`), "utf8"));
const networks = {
  "a UNet": unetGraph(unetConfig(config("sd1/unet"))),
  "SDXL's UNet": unetGraph(unetConfig(config("sdxl/unet")), { pooledWidth: 40 }),
  "a text encoder": clipTextGraph(clipTextConfig(config("sdxl/text_encoder_2"), { withProjection: true })),
  "an encoder": encoderGraph(autoencoderKlConfig(config("sd1/vae"))),
  "a decoder": decoderGraph(autoencoderKlConfig(config("sd1/vae"))),
  "a tiny encoder": tinyEncoderGraph(autoencoderTinyConfig(config("autoencoder_tiny"))),
  "a tiny decoder": tinyDecoderGraph(autoencoderTinyConfig(config("autoencoder_tiny"))),
};
const namesOf = ({ values }: Graph) => [...new Set(values.map(({ op }) => op.name))].sort();

it.each(Object.entries(networks))("shareCommonValues() keeps what %s takes, gives and is made of", (_, graph) => {
  const shared = shareCommonValues(graph);
  expect(inputsOf(shared)).toEqual(inputsOf(graph));
  expect(parametersOf(shared)).toEqual(parametersOf(graph));
  expect(namesOf(shared)).toEqual(namesOf(graph));
  const signatures = ({ outputs }: Graph) =>
    Object.entries(outputs).map(([name, { type, dims }]) => [name, type, dims]);
  expect(signatures(shared)).toEqual(signatures(graph));
  expect(shareCommonValues(shared).values).toEqual(shared.values);
});

it("shareCommonValues() leaves SD 1.5 one activation of its time embedding, for 22 residual blocks", () => {
  const graph = unetGraph(
    unetConfig({
      block_out_channels: [320, 640, 1280, 1280],
      down_block_types: ["CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"],
      up_block_types: ["UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"],
      attention_head_dim: 8,
      cross_attention_dim: 768,
    }),
  );
  expect(graph.values.length - shareCommonValues(graph).values.length).toBe(21);
});
