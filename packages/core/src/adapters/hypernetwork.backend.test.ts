import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { openCheckpoint } from "../checkpoints/open.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { symbol } from "../graph/dim.ts";
import { hypernetworkActivations } from "../models/hypernetwork-activations.ts";
import { hypernetworkGraph, hypernetworkWeight, withHypernetworks } from "../models/hypernetwork.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unetGraph } from "../models/unet.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { tensor } from "../tensor/tensor.ts";
import { hypernetworkTensors, readHypernetwork } from "./hypernetwork.ts";

const names = ["linear_old", "relu", "swish_ln"];
const read = (name: string) => readHypernetwork(fixturePath(`adapters/hypernet_${name}.pt`));
const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), a.length === b.length ? 0 : NaN);
const weights = (...values: number[]) =>
  Object.fromEntries(values.map((value, i) => [hypernetworkWeight(i), tensor([], Float32Array.of(value))]));
const floats = (golden: ReturnType<typeof readGolden>, name: string) =>
  tensor(goldenTensor(golden, name).dims, goldenFloats(golden, name));

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

describe.each(names)("hypernetwork %s", (name) => {
  const golden = readGolden(`adapters/hypernet_${name}_expected`);

  it("hypernetworkGraph() makes the reference's contexts of keys and values at both weights", async () => {
    const file = await read(name);
    const network = await engine.load(hypernetworkGraph([file.config]), hypernetworkTensors([file]), { source: name });
    const feeds = Object.fromEntries([8, 16, 24].map((w) => [`context.${w}`, floats(golden, `in.context.${w}`)]));
    for (const weight of ["0.6", "1.0"]) {
      const results = await network.run({ ...feeds, ...weights(Number(weight)) });
      for (const [output, { data }] of Object.entries(results))
        expect(worst(data, goldenFloats(golden, `out.${output}@${weight}`)), `${output}@${weight}`).toBeLessThan(1e-5);
    }
    await network.unload();
  });
});

describe("withHypernetworks()", () => {
  const inputs = readGolden("adapters/_inputs");
  const feeds = {
    sample: floats(inputs, "in.sample"),
    timestep: tensor([1], Float32Array.from(goldenTensor(inputs, "in.timestep").data as Float32Array)),
    context: floats(inputs, "in.encoder_hidden_states"),
  };
  async function loaded(...files: Awaited<ReturnType<typeof read>>[]) {
    const { unet } = (await openCheckpoint(fixturePath("models/sd1"))).networks;
    const graph = withHypernetworks(
      unetGraph(unetConfig(unet.config)),
      files.map(({ config }) => config),
    );
    return engine.load(graph, new Map([...unet.tensors, ...hypernetworkTensors(files)]), { source: "sd1" });
  }

  it.each(names)("withHypernetworks() gives the reference's UNet outputs when the hypernetwork is %s", async (name) => {
    const golden = readGolden(`adapters/hypernet_${name}_expected`);
    const network = await loaded(await read(name));
    for (const weight of ["0.6", "1.0"]) {
      const { out } = await network.run({ ...feeds, ...weights(Number(weight)) });
      expect(worst(out.data, goldenFloats(golden, `out.unet@${weight}`))).toBeLessThan(1e-4);
    }
    // The weight is an input: the loaded network without its hypernetwork.
    const { out } = await network.run({ ...feeds, ...weights(0) });
    expect(worst(out.data, goldenFloats(inputs, "base.unet"))).toBeLessThan(1e-4);
    await network.unload();
  });

  it("withHypernetworks() lets a later hypernetwork see what an earlier one made when there are two", async () => {
    const [relu, swish] = [await read("relu"), await read("swish_ln")];
    const network = async (...files: (typeof relu)[]) =>
      engine.load(hypernetworkGraph(files.map(({ config }) => config)), hypernetworkTensors(files), { source: "two" });
    const [both, first, second] = [await network(relu, swish), await network(relu), await network(swish)];
    const context = floats(readGolden("adapters/hypernet_relu_expected"), "in.context.8");
    const of = (own: typeof context) =>
      Object.fromEntries([8, 16, 24].map((w) => [`context.${w}`, w === 8 ? own : tensor([1, 5, w])]));
    const together = await both.run({ ...of(context), ...weights(0.7, 0.4) });
    const half = await first.run({ ...of(context), ...weights(0.7) });
    const { "k.8": k } = await second.run({ ...of(half["k.8"]), ...weights(0.4) });
    expect(worst(together["k.8"].data, k.data)).toBeLessThan(1e-6);
  });
});

/** torch 2's values of each activation at x, by its definition. */
const e = Math.exp;
const selu = (x: number) => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * (e(x) - 1));
const hardsigmoid = (x: number) => Math.min(1, Math.max(0, x / 6 + 0.5));
const softplus = (x: number) => Math.log1p(e(x));
const oracles: Record<Exclude<keyof typeof hypernetworkActivations, "gelu">, (x: number) => number> = {
  linear: (x) => x,
  relu: (x) => Math.max(0, x),
  leakyrelu: (x) => (x > 0 ? x : 0.01 * x),
  elu: (x) => (x > 0 ? x : e(x) - 1),
  celu: (x) => Math.max(0, x) + Math.min(0, e(x) - 1),
  swish: (x) => x * hardsigmoid(x),
  hardswish: (x) => x * hardsigmoid(x),
  hardsigmoid,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + e(-x)),
  hardshrink: (x) => (Math.abs(x) > 0.5 ? x : 0),
  hardtanh: (x) => Math.min(1, Math.max(-1, x)),
  logsigmoid: (x) => -Math.log1p(e(-x)),
  mish: (x) => x * Math.tanh(softplus(x)),
  prelu: (x) => (x > 0 ? x : 0.25 * x),
  relu6: (x) => Math.min(6, Math.max(0, x)),
  rrelu: (x) => (x > 0 ? x : (x * (1 / 8 + 1 / 3)) / 2),
  selu,
  silu: (x) => x / (1 + e(-x)),
  softplus,
  softshrink: (x) => (x > 0.5 ? x - 0.5 : x < -0.5 ? x + 0.5 : 0),
  softsign: (x) => x / (1 + Math.abs(x)),
  tanhshrink: (x) => x - Math.tanh(x),
};

describe("hypernetworkActivations", () => {
  it("hypernetworkActivations are torch's functions", async () => {
    const values = Float32Array.of(-7, -3, -1.2, -0.5, -0.3, 0, 0.2, 0.5, 0.9, 2, 3.5, 6.5);
    const x = input("x", [symbol("n")]);
    const p = parameters((_, dims) => input("slope", dims));
    const outputs = Object.fromEntries(
      Object.keys(oracles).map((name) => [`y.${name}`, hypernetworkActivations[name as keyof typeof oracles](x, p)]),
    );
    const { "y.linear": _, ...rest } = outputs;
    const results = await evaluate(engine, graphOf("activations", rest), {
      x: tensor([values.length], values),
      slope: tensor([1], Float32Array.of(0.25)),
    });
    for (const [name, { data }] of Object.entries(results)) {
      const oracle = oracles[name.slice(2) as keyof typeof oracles];
      expect(worst(data, Array.from(values, oracle)), name).toBeLessThan(2e-6);
    }
  });
});
