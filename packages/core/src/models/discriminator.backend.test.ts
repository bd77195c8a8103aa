import { beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parametersOf } from "../graph/graph.ts";
import { parameters } from "../graph/params.ts";
import type { Value } from "../graph/value.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { discriminator, discriminatorGraph } from "./discriminator.ts";

const config = { imageChannels: 3, features: 4, layers: 2, norm: "batch" } as const;
const golden = readGolden("train/vae_gan_loss");
const image = goldenTensor(golden, "in.image") as Tensor;

let engine: Engine;
let tensors: StoredTensors;
beforeAll(async () => {
  engine = await sharedEngine();
  const stored = await readWeights(fixturePath("train/vae_gan_loss.safetensors"));
  tensors = new Map([...stored.tensors].map(([name, tensor]) => [name.replace(/^disc\./, ""), tensor]));
});

const worst = (ours: ArrayLike<number>, theirs: ArrayLike<number>) =>
  Math.max(...Array.from(theirs, (value, i) => Math.abs(value - ours[i])));

describe("discriminator", () => {
  it("discriminator() is taming-transformers' when its running statistics decide", async () => {
    const { logits } = await evaluate(engine, discriminatorGraph(config), { image }, { tensors });
    expect(logits.dims).toEqual([2, 1, 2, 2]);
    expect(worst(logits.data, goldenFloats(golden, "disc_logits_image_evalmode"))).toBeLessThan(1e-4);
  });

  it("discriminator() is taming-transformers' when it is in training", async () => {
    const updates: Record<string, Value> = {};
    const logits = discriminator(parameters(), input("image", image.dims), config, { updates });
    const out = await evaluate(engine, graphOf("training", { logits, ...renamed(updates) }), { image }, { tensors });
    expect(worst(out.logits.data, goldenFloats(golden, "disc_logits_image_trainmode"))).toBeLessThan(1e-4);
    expect(Object.keys(updates)).toEqual(
      ["main.3", "main.6"].flatMap((norm) => [`${norm}.running_mean`, `${norm}.running_var`]),
    );
  });

  it("discriminator() follows the statistics of both batches when it is used twice", async () => {
    // next(next(r)) = 0.9²r + 0.1(0.9a + b); with the batch twice, 0.81r + 0.19a.
    const once: Record<string, Value> = {};
    const twice: Record<string, Value> = {};
    const p = parameters();
    const x = input("image", image.dims);
    discriminator(p, x, config, { updates: once });
    discriminator(p, x, config, { updates: twice });
    discriminator(p, x, config, { updates: twice });
    const graph = graphOf("updates", { ...renamed(once, "once"), ...renamed(twice, "twice") });
    const next = await evaluate(engine, graph, { image }, { tensors });
    for (const name of Object.keys(once)) {
      const before = goldenFloats(golden, `disc.${name}`);
      const batch = next[`once/${name}`].data.map((value, i) => (value - 0.9 * before[i]) / 0.1);
      const expected = before.map((value, i) => 0.81 * value + 0.19 * batch[i]);
      expect(worst(next[`twice/${name}`].data, expected)).toBeLessThan(1e-5); // ten times float32 rounding of ~1
    }
  });

  it.each([
    ["batch", ["weight", "bias", "running_mean", "running_var"], 2],
    ["group", ["weight", "bias"], 3],
    ["none", [], 3],
  ] as const)(
    "discriminator() has the parameters of %s norm when that is wanted",
    (norm, ofNorm, convolutionBiases) => {
      const names = parametersOf(discriminatorGraph({ ...config, norm })).map(({ name }) => name);
      expect(names.filter((name) => name.startsWith("main.3."))).toEqual(ofNorm.map((name) => `main.3.${name}`));
      expect(names.filter((name) => /^main\.(0|2|8)\.bias$/.test(name))).toHaveLength(convolutionBiases);
    },
  );

  it("discriminator() has the published sizes when it has the published settings", () => {
    const graph = discriminatorGraph({ imageChannels: 3, features: 64, layers: 3, norm: "batch" });
    const sizes = Object.fromEntries(parametersOf(graph).map(({ name, dims }) => [name, dims]));
    expect(sizes).toMatchObject({
      "main.0.weight": [64, 3, 4, 4],
      "main.2.weight": [128, 64, 4, 4],
      "main.5.weight": [256, 128, 4, 4],
      "main.8.weight": [512, 256, 4, 4],
      "main.9.running_var": [512],
      "main.11.weight": [1, 512, 4, 4],
      "main.11.bias": [1],
    });
  });
});

/** Outputs may not have the names of parameters. */
const renamed = (updates: Readonly<Record<string, Value>>, prefix = "next") =>
  Object.fromEntries(Object.entries(updates).map(([name, value]) => [`${prefix}/${name}`, value]));
