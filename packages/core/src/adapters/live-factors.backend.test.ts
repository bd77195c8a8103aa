// The factors of live adapters, as they come and go in an engine.

import { expect, it } from "vitest";
import { onEachDevice } from "../../../../fixtures/on-each-device.ts";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import { linear } from "../nn/layers.ts";
import { tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { LiveChanges } from "./live-factors.ts";
import { liveCount, liveTensors, liveWeights, weightsInput, withLiveFactors } from "./live-factors.ts";

const random = (dims: readonly [number, number], seed: number) =>
  tensor(dims, new TorchGenerator(seed).randn(dims[0] * dims[1]) as Float32Array);
/** A change of rank r to a weight [5,6]. */
const change = (rank: number, seed: number, scale: number): LiveChanges =>
  new Map([["base.weight", { kind: "lora", down: random([rank, 6], seed), up: random([5, rank], seed + 1), scale }]]);

onEachDevice("live factors", (device, engine) => {
  const traced = graphOf("layer", { y: linear(parameters().at("base"), input("x", [2, 6]), { features: 5 }) });
  const weights = liveWeights(traced, "linear");
  async function open() {
    const { tensors } = await readWeights(fixturePath("train/block_lora_linear.safetensors"));
    const stored = new Map([...tensors].map(([name, own]) => [name.replace(/^param\./, ""), own]));
    return engine().load(withLiveFactors(traced, weights), stored, { source: "a layer" });
  }

  it("liveTensors() of several adapters add up with the weights that are fed", async () => {
    const network = await open();
    const x = random([2, 6], 1);
    const adapters = [change(1, 10, 0.5), new Map(), change(3, 20, 2)] as const;
    const residents = await engine().hold(liveTensors(weights, adapters));
    expect(liveCount(residents.dims)).toBe(3);
    const run = async (...given: number[]) => {
      const feeds = { x, [weightsInput]: tensor([1, 3], Float32Array.from(given)) };
      return (await network.run(feeds, { residents })).y.data;
    };
    const base = await run(0, 0, 0);
    const both = await run(0.7, 5, -1.5);
    for (let row = 0; row < 2; row++) {
      for (let out = 0; out < 5; out++) {
        let sum = base[row * 5 + out];
        for (const [weight, adapter] of [
          [0.7, adapters[0]],
          [-1.5, adapters[2]],
        ] as const) {
          // prettier-ignore
          const { down, up, scale } = adapter.get("base.weight")!;
          for (let r = 0; r < down.dims[0]; r++)
            for (let i = 0; i < 6; i++)
              sum += weight * scale * up.data[out * down.dims[0] + r] * down.data[r * 6 + i] * x.data[row * 6 + i];
        }
        expect(both[row * 5 + out]).toBeCloseTo(sum, 4);
      }
    }
    await residents.release();
    await network.unload();
  });

  it.skipIf(device !== "cpu")("leave no memory behind over 50 switches", async () => {
    const network = await open();
    const feeds = { x: random([2, 6], 1), [weightsInput]: tensor([1, 1], Float32Array.of(1)) };
    const sizes: number[] = [];
    // 1.9 MB each: 96 MB, if none were given back.
    const factors = liveTensors(weights, [change(40_000, 1, 1)]);
    for (let round = 0; round < 50; round++) {
      const residents = await engine().hold(factors);
      await network.run(feeds, { residents });
      await residents.release();
      sizes.push((await engine().memory())!.residentBytes);
    }
    expect(Math.min(...sizes.slice(-10)) - Math.min(...sizes.slice(0, 10))).toBeLessThan(40e6);
    await network.unload();
  });
});
