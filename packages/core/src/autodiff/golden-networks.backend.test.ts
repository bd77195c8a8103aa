// Gradients against torch's, on the reference's blocks and a whole UNet; and whole networks of which there are no golden
// gradients against central differences.

import { beforeAll, describe, expect, it } from "vitest";
import { gradientBound, inputsFor, tensorsUnder, worstDifference } from "../../../../fixtures/golden-gradients.ts";
import { fixturePath, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { multiplyDims } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { apply } from "../graph/op.ts";
import type { Op } from "../graph/op.ts";
import { add, multiply, subtract } from "../graph/ops/elementwise.ts";
import { mean, sum } from "../graph/ops/reduce.ts";
import { resizeNearest } from "../graph/ops/shape.ts";
import { input, scalar } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import type { Params } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import { autoencoderKlConfig, decode, encode } from "../models/autoencoder-kl.ts";
import { clipText, clipTextConfig } from "../models/clip-text.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unet } from "../models/unet.ts";
import * as layers from "../nn/layers.ts";
import { pixelAttention } from "../nn/pixel-attention.ts";
import { resnetBlock } from "../nn/resnet.ts";
import { spatialTransformer } from "../nn/transformer.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { gradients } from "./gradient.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

type Values = Record<string, Value>;

const square = (x: Value) => multiply(x, x);

/** What the bias of keys adds to the scores is the same for all keys: its gradient is zero, and the reference's is rounding. */
const isRounding = ({ data }: Tensor): boolean => data.every((value) => Math.abs(value) < 1e-6);

describe("gradients() are torch's", () => {
  const transformer = (p: Params, { x, ctx }: Values) =>
    spatialTransformer(p, x, { heads: 2, blocks: 1, groups: 4, context: ctx });
  const blocks: readonly [string, (p: Params, inputs: Values) => Value][] = [
    [
      "block_resnet",
      (p, { x, temb }) => resnetBlock(p, x, { features: 12, groups: 4, epsilon: 1e-5, embedding: temb }),
    ],
    [
      "block_resnet_scale_shift",
      (p, { x, temb }) =>
        resnetBlock(p, x, { features: 8, groups: 4, epsilon: 1e-5, embedding: temb, scaleShift: true }),
    ],
    ["block_spatial_transformer_conv", transformer],
    ["block_spatial_transformer_linear", transformer],
    ["block_downsample", (p, { x }) => layers.conv2d(p.at("Conv2d_0"), x, { features: 6, stride: 2 })],
    [
      "block_upsample",
      (p, { x }) => {
        const [, , height, width] = x.dims.map((dim) => multiplyDims(dim, 2));
        return layers.conv2d(p.at("conv"), resizeNearest(x, { height, width }), { features: 6 });
      },
    ],
    ["block_vae_attention", (p, { x }) => pixelAttention(p, x, { groups: 4, epsilon: 1e-6 })],
    [
      "block_lora_linear",
      (p, { x }) => {
        const low = layers.linear(p.at("down"), x, { features: 2, bias: false });
        const delta = layers.linear(p.at("up"), low, { features: 5, bias: false });
        return add(layers.linear(p.at("base"), x, { features: 5 }), multiply(scalar(1.5 / 2), delta));
      },
    ],
  ];
  it.each(blocks)("of %s", async (name, build) => {
    const golden = readGolden(`train/${name}`);
    const feeds = tensorsUnder(golden, "in.");
    const inputs = inputsFor(feeds);
    const out = build(parameters(), inputs);
    const seed = input("seed", out.dims);
    const weights = parametersOf(out);
    const expected = { ...tensorsUnder(golden, "grad."), ...prefixed("in.", tensorsUnder(golden, "grad_in.")) };
    const wrt = { ...weights, ...prefixed("in.", inputs) };
    const results = await run(
      name,
      { loss: out, wrt, seed },
      { ...feeds, seed: goldenTensor(golden, "grad_out") as Tensor },
      await stored(`train/${name}`, "param."),
    );
    expect(Object.keys(wrt).sort()).toEqual(Object.keys(expected).sort());
    for (const [key, gradient] of Object.entries(expected)) {
      if (isRounding(gradient)) expect(isRounding(results[key]), key).toBe(true);
      else expect(worstDifference(results[key], gradient), key).toBeLessThan(gradientBound);
    }
  });

  it.each(["epsilon", "v_prediction", "sample", "min_snr_5"])("of a whole UNet's %s loss", async (target) => {
    const golden = readGolden("train/unet_loss");
    const { config } = golden.json;
    const timesteps = Float32Array.from(goldenTensor(golden, "in.timesteps").data, Number);
    const feeds = {
      sample: goldenTensor(golden, "x_t") as Tensor,
      timestep: { dims: [timesteps.length], data: timesteps },
      context: goldenTensor(golden, "in.encoder_hidden_states") as Tensor,
      target: goldenTensor(golden, `target.${target}`) as Tensor,
      weight: {
        dims: [3, 1, 1, 1],
        data: Float32Array.from(target === "min_snr_5" ? snrWeights(timesteps) : [1, 1, 1]),
      },
    };
    const inputs = inputsFor(feeds);
    const out = unet(parameters(), inputs as never, unetConfig(config));
    const loss = mean(multiply(inputs.weight, square(subtract(out, inputs.target))));
    const results = await run(
      "unet",
      { loss, wrt: parametersOf(out) },
      feeds,
      await stored("train/unet_tiny/diffusion_pytorch_model"),
    );
    expect(Math.abs(results.loss.data[0] / golden.json.loss[target] - 1)).toBeLessThan(1e-5);
    const expected = Object.entries(tensorsUnder(golden, `grad.${target}.`));
    expect(expected.length).toBeGreaterThan(0);
    for (const [name, gradient] of expected)
      expect(worstDifference(results[name], gradient), name).toBeLessThan(gradientBound);
    const { loss: _, ...all } = results;
    const norm = Math.sqrt(
      Object.values(all).reduce((total, { data }) => total + data.reduce((s, x) => s + x * x, 0), 0),
    );
    expect(norm / golden.json.grad_global_norm[target]).toBeCloseTo(1, 4);
  });
});

/** min(snr, 5)/snr with SD's schedule: √β linear from √0.00085 to √0.012 over 1,000 steps. */
function snrWeights(timesteps: Float32Array): number[] {
  const [first, last] = [Math.sqrt(0.00085), Math.sqrt(0.012)];
  return Array.from(timesteps, (t) => {
    let alphaBar = 1;
    for (let i = 0; i <= t; i++) alphaBar *= 1 - (first + ((last - first) * i) / 999) ** 2;
    const snr = alphaBar / (1 - alphaBar);
    return Math.min(snr, 5) / snr;
  });
}

describe("gradients() of whole networks are their central differences", () => {
  const published = (path: string) => readGolden(`models/sd1/${path}/config`).json;

  it("when the network is an autoencoder", async () => {
    const config = autoencoderKlConfig(published("vae"));
    const image = input("image", [1, 3, 16, 16]);
    const p = parameters();
    const { mean: latents, logVariance } = encode(p, image, config);
    const rec = decode(p, latents, config);
    const loss = add(mean(square(subtract(rec, image))), multiply(scalar(0.1), mean(square(logVariance))));
    await check(loss, { image: wave([1, 3, 16, 16], 0.4) }, await stored("models/sd1/vae/diffusion_pytorch_model"));
  });

  it("when the network is a text encoder", async () => {
    const config = clipTextConfig(published("text_encoder"), { withProjection: false });
    const ids = BigInt64Array.from({ length: 2 * config.positions }, (_, i) => BigInt((i * 37) % config.vocabulary));
    const states = clipText(parameters(), input("ids", [2, config.positions], "int64"), config);
    const loss = add(mean(square(states.pooled)), mean(square(states.normalized.at(-2)!)));
    await check(
      loss,
      { ids: { dims: [2, config.positions], data: ids } },
      await stored("models/sd1/text_encoder/model"),
    );
  });

  /** The derivative of the loss along one direction of all weights: the gradient's, and the central difference. */
  async function check(loss: Value, feeds: Record<string, AnyTensor>, tensors: StoredTensors) {
    const weights = parametersOf(loss);
    const names = Object.keys(weights);
    const along = Object.fromEntries(names.map((name, i) => [name, direction(weights[name].dims as number[], i + 1)]));
    const found = gradients(loss, Object.values(weights));
    const slopes = names.map((name, i) => sum(multiply(found[i], input(`along.${name}`, found[i].dims))));
    const slope = slopes.reduce((a, b) => add(a, b));

    // The same network with its weights moved by ε along the direction.
    const epsilon = input("epsilon", []);
    const moved = withParameters(loss, (weight) => {
      const { name } = weight.attributes as { name: string };
      return add(weight, multiply(epsilon, input(`along.${name}`, weight.dims)));
    });
    const all = { ...feeds, ...prefixed("along.", along) };
    const { slope: ours } = await evaluate(engine, graphOf("slope", { slope }), all, { tensors });
    const network = await engine.load(graphOf("moved", { moved }), tensors, { source: "fixtures" });
    const at = async (distance: number) => {
      const step = { dims: [], data: Float32Array.of(distance) };
      return (await network.run({ ...all, epsilon: step })).moved.data[0];
    };
    const h = 4e-3;
    const difference = (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h);
    await network.unload();
    expect(Math.abs(difference)).toBeGreaterThan(5e-3); // what float32 can measure with this step
    expect(ours.data[0] / difference).toBeCloseTo(1, 2);
  }
});

/** The value rebuilt with each of its parameters replaced. */
function withParameters(value: Value, replace: (parameter: Value) => Value): Value {
  const rebuilt = new Map<Value, Value>();
  for (const old of graphOf("g", { value }).values) {
    const inputs = old.inputs.map((operand) => rebuilt.get(operand)!);
    rebuilt.set(old, old.op.name === "parameter" ? replace(old) : apply(old.op as Op<unknown>, inputs, old.attributes));
  }
  return rebuilt.get(value)!;
}

const wave = (dims: readonly number[], seed: number): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(1.7 * i * seed + seed)),
});
/** Small numbers, so that a step along all of them is small. */
const direction = (dims: readonly number[], seed: number): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => 0.1 * Math.sin(12.9898 * (i + 1) + seed)),
});
const prefixed = <T>(prefix: string, values: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [prefix + key, value]));

/** The weights that `value` depends on, by name. */
const parametersOf = (value: Value): Values =>
  Object.fromEntries(
    graphOf("g", { value })
      .values.filter(({ op }) => op.name === "parameter")
      .map((weight) => [(weight.attributes as { name: string }).name, weight]),
  );

async function stored(path: string, prefix = ""): Promise<StoredTensors> {
  const { tensors } = await readWeights(fixturePath(`${path}.safetensors`));
  return new Map(
    [...tensors].flatMap(([key, tensor]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), tensor]] : [])),
  );
}

/** The loss and its gradients by the names of `wrt`. */
async function run(
  name: string,
  { loss, wrt, seed }: { loss: Value; wrt: Values; seed?: Value },
  feeds: Record<string, AnyTensor>,
  tensors?: StoredTensors,
): Promise<Record<string, Tensor>> {
  const names = Object.keys(wrt);
  const found = gradients(loss, Object.values(wrt), seed);
  const outputs = { loss, ...Object.fromEntries(names.map((_, i) => [`gradient${i}`, found[i]])) };
  const results = await evaluate(engine, graphOf(name, outputs), feeds, { tensors });
  return { loss: results.loss, ...Object.fromEntries(names.map((key, i) => [key, results[`gradient${i}`]])) };
}
