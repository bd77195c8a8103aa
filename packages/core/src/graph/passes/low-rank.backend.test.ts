import { beforeAll, describe, expect, it } from "vitest";
import { gradientBound, inputsFor, tensorsUnder, worstDifference } from "../../../../../fixtures/golden-gradients.ts";
import { fixturePath, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { gradients } from "../../autodiff/gradient.ts";
import { readWeights } from "../../checkpoints/weights-file.ts";
import { conv2d, linear } from "../../nn/layers.ts";
import type { Engine } from "../../runtime/engine.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { symbol } from "../dim.ts";
import { graphOf } from "../graph.ts";
import { input, scalar } from "../ops/source.ts";
import type { Params } from "../params.ts";
import { parameters } from "../params.ts";
import type { Value } from "../value.ts";
import { adaptableWeights, lowRank } from "./low-rank.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)) as Float32Array);

/** W + U·diag(s)·D. */
function merged(weight: Tensor, { down, up, scale }: Record<"down" | "up" | "scale", Tensor>): Tensor {
  const rank = scale.data.length;
  const columns = down.data.length / rank;
  const data = weight.data.map((own, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return scale.data.reduce((sum, s, r) => sum + up.data[row * rank + r] * s * down.data[r * columns + column], own);
  });
  return tensor(weight.dims, data);
}

describe("lowRank()", () => {
  const layers: readonly [string, string, readonly number[], (p: Params, x: Value) => Value][] = [
    ["block_lora_linear", "base.weight", [2, 3, 6], (p, x) => linear(p.at("base"), x, { features: 5 })],
    [
      "block_downsample",
      "Conv2d_0.weight",
      [2, 6, 5, 8],
      (p, x) => conv2d(p.at("Conv2d_0"), x, { features: 6, stride: 2 }),
    ],
  ];
  it.each(layers)(
    "of %s is the layer with %s and the product in one weight, at every rank",
    async (name, key, xDims, build) => {
      const golden = tensorsUnder(readGolden(`train/${name}`), "param.");
      const rank = symbol("rank");
      const traced = graphOf("layer", { y: build(parameters(), input("x", xDims)) });
      expect(adaptableWeights(traced)).toEqual([{ name: key, dims: golden[key].dims }]);
      const graph = lowRank(traced, ({ dims: [out, ...rest] }) => ({
        down: input("down", [rank, ...rest]),
        up: input("up", [out, rank]),
        scale: input("scale", [1, rank]),
      }));
      const network = await engine.load(graph, await stored(name), { source: name });
      const whole = graphOf("merged", {
        y: build(
          parameters((own, dims) => input(own, dims)),
          input("x", xDims),
        ),
      });
      const x = random(xDims, 1);
      const [out, ...rest] = golden[key].dims;
      for (const r of [1, 2, 5]) {
        const factors = { down: random([r, ...rest], 2), up: random([out, r], 3), scale: random([1, r], 4) };
        const { y } = await network.run({ x, ...factors });
        const wanted = await evaluate(engine, whole, { ...golden, x, [key]: merged(golden[key], factors) });
        expect(y.dims).toEqual(wanted.y.dims);
        // The rounding of float32.
        expect(worstDifference(y, wanted.y)).toBeLessThan(1e-5);
      }
      await network.unload();
    },
  );

  it("trains its factors as torch does, and leaves the weight alone", async () => {
    const golden = readGolden("train/block_lora_linear");
    const feeds = tensorsUnder(golden, "in.");
    const p = parameters();
    const y = linear(p.at("base"), inputsFor(feeds).x, { features: 5 });
    const trained: Record<string, Value> = {};
    const graph = lowRank(graphOf("layer", { y }), ({ dims: [out, width] }) => {
      trained["down.weight"] = p.at("down").parameter("weight", [2, width]);
      trained["up.weight"] = p.at("up").parameter("weight", [out, 2]);
      return { down: trained["down.weight"], up: trained["up.weight"], scale: scalar(1.5 / 2) };
    });
    const names = Object.keys(trained);
    const seed = input("seed", graph.outputs.y.dims);
    const found = gradients(graph.outputs.y, Object.values(trained), seed);
    const both = graphOf("trained", {
      ...graph.outputs,
      ...Object.fromEntries(names.map((name, i) => [`g.${name}`, found[i]])),
    });
    const results = await evaluate(
      engine,
      both,
      { ...feeds, seed: goldenTensor(golden, "grad_out") as Tensor },
      { tensors: await stored("block_lora_linear") },
    );
    expect(worstDifference(results.y, goldenTensor(golden, "out"))).toBeLessThan(1e-6);
    for (const name of names)
      expect(worstDifference(results[`g.${name}`], goldenTensor(golden, `grad.${name}`))).toBeLessThan(gradientBound);
  });

  it("leaves layers alone that it is given no factors for", () => {
    const traced = graphOf("layer", { y: linear(parameters(), input("x", [2, 3]), { features: 4 }) });
    expect(lowRank(traced, () => undefined).values).toEqual(traced.values);
  });
});

async function stored(name: string): Promise<StoredTensors> {
  const { tensors } = await readWeights(fixturePath(`train/${name}.safetensors`));
  return new Map([...tensors].map(([key, value]) => [key.replace(/^param\./, ""), value]));
}
