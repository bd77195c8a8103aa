import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { quantize, vqAutoencoderConfig } from "./vq-autoencoder.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

describe("vq-autoencoder", () => {
  const golden = readGolden("train/vq_straight_through");
  const z = goldenTensor(golden, "in.z") as Tensor;

  it.each([
    ["legacy", true],
    ["fixed", false],
  ] as const)("quantize() is taming-transformers' VectorQuantizer2 when its loss is %s", async (variant, legacy) => {
    const { tensors } = await readWeights(fixturePath("train/vq_straight_through.safetensors"));
    const out = quantize(parameters(), input("z", z.dims), { codes: 10, legacy });
    const graph = graphOf("quantize", { codes: out.codes, indices: out.indices, loss: out.loss });
    const results = await evaluate(
      engine,
      graph,
      { z },
      { tensors: new Map([["embedding.weight", tensors.get("in.codebook")!]]) },
    );
    expect(Array.from(results.indices.data, Number)).toEqual([
      ...(goldenTensor(golden, `${variant}.indices`).data as Int32Array),
    ]);
    const codes = goldenFloats(golden, `${variant}.z_q`);
    expect(Math.max(...codes.map((value, i) => Math.abs(value - results.codes.data[i])))).toBeLessThan(1e-6);
    expect(results.loss.data[0]).toBeCloseTo(goldenFloats(golden, `${variant}.loss`)[0], 5);
  });

  it("quantize() takes the nearest code when latents have one channel", async () => {
    const { tensors } = await readWeights(fixturePath("train/vq_straight_through.safetensors"));
    const rows = { ...tensors.get("in.codebook")!, dims: [10, 1], byteLength: 40 };
    const values = goldenFloats(golden, "in.codebook").slice(0, 10);
    const latents = [-100, -0.3, 0, 0.3, 100];
    const { codes } = await evaluate(
      engine,
      graphOf("nearest", { codes: quantize(parameters(), input("z", [1, 1, 1, 5]), { codes: 10 }).codes }),
      { z: { dims: [1, 1, 1, 5], data: Float32Array.from(latents) } },
      { tensors: new Map([["embedding.weight", rows]]) },
    );
    const nearest = (to: number) =>
      values.reduce((best, value) => (Math.abs(value - to) < Math.abs(best - to) ? value : best));
    latents.forEach((to, i) => expect(codes.data[i]).toBeCloseTo(nearest(to), 4)); // z + (e − z) rounds at |z| = 100
  });

  it("vqAutoencoderConfig() refuses a spatial norm when the config has one", () => {
    expect(() => vqAutoencoderConfig({ norm_type: "spatial" })).toThrow(
      'Cannot build VQModel: config "norm_type" is "spatial" ("group" is wanted)',
    );
  });
});
