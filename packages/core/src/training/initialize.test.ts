import { describe, expect, it } from "vitest";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { add } from "../graph/ops/elementwise.ts";
import { embedding } from "../graph/ops/lookup.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { autoencoderKlConfig, encoderGraph } from "../models/autoencoder-kl.ts";
import { conv2d, groupNorm, linear } from "../nn/layers.ts";
import { elementCount } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { filled, initialize, linearAtFirst, zeroOutputs } from "./initialize.ts";

const p = parameters();
const picture = conv2d(p.at("conv"), input("x", [symbol("n"), 8, 4, 4]), { features: 64 });
const graph = graphOf("layers", {
  picture: groupNorm(p.at("norm"), picture, { groups: 4, epsilon: 1e-5 }),
  row: linear(p.at("linear"), input("y", [symbol("n"), 100]), { features: 200 }),
  token: add(
    embedding(p.at("token_embedding").parameter("weight", [300, 50]), input("ids", [7], "int64")),
    p.parameter("place", [50]),
  ),
  out: conv2d(p.at("conv_out"), input("z", [1, 64, 4, 4]), { features: 4 }),
});
const moments = (values: Float32Array) => {
  const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
  return { mean, variance: values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length };
};

describe("initialize()", () => {
  const weights = initialize(graph, 7);
  const of = (name: string) => weights.get(name)!.data;

  it.each([
    ["linear.weight", 100],
    ["linear.bias", 100],
    ["conv.weight", 72],
    ["conv.bias", 72],
  ])("initialize() draws %s evenly within 1/√fan-in when it is of a layer", (name, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn);
    const { mean, variance } = moments(of(name));
    expect(Math.max(...of(name).map(Math.abs))).toBeLessThanOrEqual(bound);
    // 64 to 20,000 values: four standard errors of the mean and of the variance bound²/3.
    const error = 4 / Math.sqrt(of(name).length);
    expect(Math.abs(mean)).toBeLessThan((error * bound) / Math.sqrt(3));
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(error);
  });

  it("initialize() starts normalizations as the identity, embeddings as N(0, 1) and others as N(0, 0.02²)", () => {
    expect(new Set(of("norm.weight"))).toEqual(new Set([1]));
    expect(new Set(of("norm.bias"))).toEqual(new Set([0]));
    expect(moments(of("token_embedding.weight")).variance).toBeCloseTo(1, 1);
    expect(Math.sqrt(moments(of("place")).variance)).toBeCloseTo(0.02, 2);
  });

  it("initialize() draws what torch draws when given torch's seed", () => {
    // torch.manual_seed(7); nn.Conv2d(8, 64, 3): the weight and then the bias, from one stream.
    const generator = new TorchGenerator(7);
    const bound = 1 / Math.sqrt(72);
    expect(of("conv.weight")).toEqual(generator.uniform(64 * 72, -bound, bound));
    expect(of("conv.bias")).toEqual(generator.uniform(64, -bound, bound));
    expect(initialize(graph, 7)).toEqual(weights);
    expect(initialize(graph, 8)).not.toEqual(weights);
  });

  it("initialize() takes the first rule that matches, and draws only what is wanted", () => {
    const rules = [zeroOutputs, { matches: (name: string) => name.startsWith("linear"), draw: filled(3) }];
    const some = initialize(graph, 7, { rules, only: (name) => !name.startsWith("conv.") });
    expect([...some.keys()]).toEqual([...weights.keys()].filter((name) => !name.startsWith("conv.")));
    expect(new Set(some.get("conv_out.weight")!.data)).toEqual(new Set([0]));
    expect(new Set(some.get("linear.bias")!.data)).toEqual(new Set([3]));
  });

  it.each([
    ["down_blocks.0.resnets.1.conv2.weight", true],
    ["mid_block.attentions.0.proj_out.bias", true],
    ["conv_out.weight", true],
    ["add_embedding.norm2.weight", true],
    ["down_blocks.0.resnets.1.conv1.weight", false],
    ["up_blocks.0.attentions.0.transformer_blocks.0.attn1.to_out.0.weight", false],
  ])("zeroOutputs matches as latent diffusion zeroes when given %s", (name, zeroed) => {
    expect(zeroOutputs.matches(name, [])).toBe(zeroed);
  });

  it("linearAtFirst lets an autoencoder begin as a linear network that keeps the size of what goes through it", () => {
    const config = autoencoderKlConfig({
      block_out_channels: [32, 64],
      layers_per_block: 1,
      latent_channels: 32,
      norm_num_groups: 2,
      down_block_types: ["DownEncoderBlock2D", "DownEncoderBlock2D"],
      up_block_types: ["UpDecoderBlock2D", "UpDecoderBlock2D"],
    });
    const first = initialize(encoderGraph(config), 3, { rules: linearAtFirst });
    for (const [name, { dims, data }] of first) {
      if (/resnets\.\d\.conv2|to_out\.0/.test(name)) expect(new Set(data)).toEqual(new Set([0]));
      // Outside of blocks every output is a sum of fan-in terms of variance 1 / fan-in; four standard errors.
      if (/conv_in\.weight|conv_out\.weight|downsamplers|^quant_conv\.weight/.test(name) && name.endsWith("weight")) {
        const fanIn = elementCount(dims.slice(1));
        expect(Math.abs(moments(data).variance * fanIn - 1)).toBeLessThan(4 * Math.sqrt(2 / data.length));
      }
    }
    expect([...first.keys()].filter((name) => /conv_in\.weight|downsamplers.*weight/.test(name))).toHaveLength(2);
  });
});
