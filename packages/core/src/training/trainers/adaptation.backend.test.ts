// Trainers that teach an existing model: what they learn changes the loss and nothing else, and other programs' readers take it.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tinySticker, writeTinyStickerModel } from "../../../../../fixtures/tiny-sticker-model.ts";
import { drawnShapes } from "../../../../../fixtures/tiny-training.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { readAdapter } from "../../adapters/read-adapter.ts";
import { gradients } from "../../autodiff/gradient.ts";
import { openCheckpoint } from "../../checkpoints/open.ts";
import { readWeights } from "../../checkpoints/weights-file.ts";
import { graphOf } from "../../graph/graph.ts";
import { input } from "../../graph/ops/source.ts";
import { parameters, storedParameter } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { load } from "../../pipelines/model.ts";
import type { Model } from "../../pipelines/model.ts";
import type { Engine } from "../../runtime/engine.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { checkRecipe } from "../recipe/read-recipe.ts";
import { readLog } from "../log.ts";
import { disk } from "#platform";
import { openRunFolder } from "../run-folder.ts";
import { train } from "../run.ts";
import type { TrainingSession } from "../session.ts";
import { startSession } from "../start-session.ts";
import { openTrainer } from "./index.ts";
import type { Feeds, Trainer } from "./trainer.ts";

let engine: Engine;
let root: string;
let base: string;
let plainModel: Model;
beforeAll(async () => {
  engine = await sharedEngine();
  root = await mkdtemp(join(tmpdir(), "noisette-adaptation-"));
  base = join(root, "base");
  await writeTinyStickerModel(base, { features: [8], preferences: { steps: 2, guidanceScale: 1 } });
  plainModel = await load(base, { device: "cpu", threads: 1 });
});
afterAll(async () => {
  await plainModel.close();
  await rm(root, { recursive: true });
});

const side = tinySticker.side;
const data = drawnShapes({ side, count: 6 });
const place = { epoch: 0, batch: 0, indices: [0, 3], next: { epoch: 0, batch: 1 } };
const recipeOf = (own: object) =>
  checkRecipe(
    stated({
      name: "a tiny one",
      model: base,
      data: { path: "shapes" },
      prompt: "a fox",
      size: side,
      batchSize: 2,
      steps: 4,
      learningRate: 1e-2,
      optimizer: { kind: "adamw", weightDecay: 0 },
      samples: { count: 0 },
      every: { log: 1, checkpoint: 2 },
      ...own,
    }),
    "tiny",
  );
const stated = (recipe: object) =>
  Object.fromEntries(Object.entries(recipe).filter(([, value]) => value !== undefined));

interface Opened {
  readonly trainer: Trainer;
  readonly session: TrainingSession;
  readonly feeds: Feeds;
  readonly model: string;
}

let count = 0;
async function open(own: object, training = data): Promise<Opened> {
  const recipe = recipeOf(own);
  const folder = await openRunFolder(join(root, `run-${count++}`));
  const trainer = await openTrainer(recipe, { engine, training, validation: undefined, folder, notice: () => {} });
  const session = await startSession(engine, trainer, recipe);
  return { trainer, session, feeds: await trainer.feeds(place, 0), model: folder.model };
}

/** Steps on one batch: the losses before each of them. */
async function losses({ session, feeds }: Opened, steps = 4): Promise<number[]> {
  const all: number[] = [];
  for (let i = 0; i < steps; i++)
    all.push((await session.train([feeds], { learningRate: 1e-2 }))["denoising.loss"].data[0]);
  return all;
}

const facts = { step: 4, images: 8, seconds: 1, examples: 6 };
const saved = async ({ trainer, session }: Opened): Promise<Map<string, Tensor>> => {
  const weights = await session.weights();
  await trainer.save(weights, "card", facts);
  await session.close();
  return weights;
};

const usual = {
  prompt: "a fox",
  promptSyntax: "plain",
  width: side,
  height: side,
  steps: 2,
  guidanceScale: 1,
  seed: 3,
  upscale: false,
} as const;
const picture = async (options: Partial<Parameters<Model["generate"]>[0]> = {}, model = plainModel) =>
  (await model.generate({ ...usual, ...options })).images[0].image!.data;

const isFalling = (values: readonly number[]) => values.every((value, i) => i === 0 || value < values[i - 1]);

describe("openLoraTrainer()", () => {
  const layers = [
    { pattern: "unet.mid_block.*.to_?", rank: 3, alpha: 3 },
    { pattern: "unet.down_blocks.*.conv1", rank: 2, alpha: 2 },
    { pattern: "text_encoder.*.0.self_attn.q_proj", rank: 2, alpha: 2 },
  ];

  it("openLoraTrainer() lowers the loss by its factors alone, and both files make the same picture", async () => {
    const opened = await open({ trainer: "lora", layers });
    expect(isFalling(await losses(opened))).toBe(true);
    const weights = await saved(opened);
    expect([...weights.keys()].filter((name) => !name.startsWith("lora."))).toEqual([]);
    expect([...weights].filter(([name, { data }]) => name.endsWith(".up") && data.every((v) => v === 0))).toEqual([]);
    const kohya = await readAdapter(join(opened.model, "a tiny one.safetensors"));
    expect(kohya.metadata).toMatchObject({ ss_steps: "4", ss_network_dim: "Dynamic", ss_base_model_version: "sd_v1" });
    expect(kohya.modules.map(({ rank }) => rank).toSorted()).toEqual([2, 2, 3, 3, 3, 3, 3, 3]);
    const files = ["a tiny one.safetensors", "pytorch_lora_weights.safetensors"].map((name) =>
      join(opened.model, name),
    );
    const [one, other] = [
      await picture({ loras: [{ name: files[0] }] }),
      await picture({ loras: [{ name: files[1] }] }),
    ];
    expect(one).toEqual(other);
    expect(one).not.toEqual(await picture());
  });

  it("openLoraTrainer() has the loss's central difference as its gradient", async () => {
    const opened = await open({ trainer: "lora", layers: [{ pattern: "*.to_k" }, { pattern: "*.conv2", rank: 2 }] });
    const { trainer, session, feeds } = opened;
    await session.close();
    const made = new Map<string, Value>();
    const p = parameters((name, dims) => {
      if (!name.startsWith("lora.")) return storedParameter(name, dims);
      const value = input(name, dims);
      made.set(name, value);
      return value;
    });
    const { loss } = trainer.program.build(p).objectives[0];
    const names = [...made.keys()];
    const found = gradients(loss, [...made.values()]);
    const graph = graphOf("both", { loss, ...Object.fromEntries(names.map((name, i) => [`g.${name}`, found[i]])) });
    const network = await engine.load(graph, trainer.frozen!.tensors, { source: "base" });
    const draws = new TorchGenerator(1);
    const dims = (name: string) => made.get(name)!.dims as number[];
    const length = (name: string) => dims(name).reduce((a, b) => a * b, 1);
    const at = new Map(names.map((name) => [name, draws.randn(length(name)).map((v) => 0.3 * v)]));
    const along = new Map(names.map((name) => [name, draws.randn(length(name))]));
    const run = async (step: number) =>
      network.run({
        ...feeds,
        ...Object.fromEntries(
          names.map((name) => [
            name,
            tensor(
              dims(name),
              at.get(name)!.map((v, i) => v + step * along.get(name)![i]),
            ),
          ]),
        ),
      });
    const step = 1e-3;
    const [less, here, more] = [await run(-step), await run(0), await run(step)];
    await network.unload();
    const slope = names.reduce(
      (sum, name) => sum + here[`g.${name}`].data.reduce((s, g, i) => s + g * along.get(name)![i], 0),
      0,
    );
    const difference = (more.loss.data[0] - less.loss.data[0]) / (2 * step);
    // Rounding of float32 losses over the step, and the third derivative.
    expect(Math.abs(slope / difference - 1)).toBeLessThan(5e-3);
  });

  it("openLoraTrainer() takes no gradient below its lowest layer and of no frozen weight", async () => {
    const recipe = recipeOf({ trainer: "lora", layers: [{ pattern: "unet.up_blocks.*.to_v" }] });
    const folder = await openRunFolder(join(root, "below"));
    const trainer = await openTrainer(recipe, {
      engine,
      training: data,
      validation: undefined,
      folder,
      notice: () => {},
    });
    const made: Value[] = [];
    const p = parameters((name, dims) => {
      const value = name.startsWith("lora.") ? input(name, dims) : storedParameter(name, dims);
      if (name.startsWith("lora.")) made.push(value);
      return value;
    });
    const found = gradients(trainer.program.build(p).objectives[0].loss, made);
    const { values } = graphOf("gradients", Object.fromEntries(found.map((value, i) => [`g${i}`, value])));
    const scopes = values.flatMap(({ scope }) => (scope.startsWith("gradient/") ? [scope] : []));
    expect(scopes.length).toBeGreaterThan(50);
    expect(scopes.filter((scope) => /down_blocks|mid_block|time_embedding|conv_in/.test(scope))).toEqual([]);
    expect(values.filter(({ op }) => op.name === "conv2dWeightGradient")).toEqual([]);
  });

  it("train() goes on bit for bit when a LoRA was stopped", async () => {
    const recipe = recipeOf({ trainer: "lora", layers: [{ pattern: "unet.mid_block.*.attn2.to_k" }] });
    const run = (name: string, more: object = {}) => train(recipe, { engine, data, out: join(root, name), ...more });
    await run("whole");
    await run("halves", { steps: 2 });
    await run("halves", { resume: true });
    const lines = async (name: string) =>
      (await readLog(join(root, name, "log.jsonl"), disk!)).flatMap((line) =>
        line.kind === "step" ? [[line.step, line.scalars["denoising.loss"]]] : [],
      );
    expect(await lines("halves")).toEqual(await lines("whole"));
    const state = async (name: string) => {
      const { tensors } = await readWeights(join(root, name, "checkpoints", "step-000000004.safetensors"));
      return readTensors(tensors);
    };
    expect(await state("halves")).toEqual(await state("whole"));
  });

  it.each([
    [
      { layers: [{ pattern: "unet.*.attn3.*" }] },
      /^Cannot train a LoRA for ".*": no layer fits "unet\.\*\.attn3\.\*" \(closest: "/,
    ],
    [{ prompt: undefined, data: { path: "x" } }, undefined],
  ])("openLoraTrainer() says what is wrong with %j", async (own, message) => {
    if (message === undefined) {
      const nameless = { ...data, read: async (i: number) => ({ ...(await data.read(i)), caption: undefined }) };
      await expect(open({ trainer: "lora", ...own }, nameless)).rejects.toThrow(/^Cannot learn texts from "shapes"/);
    } else await expect(open({ trainer: "lora", ...own })).rejects.toThrow(message);
  });
});

describe("openDreamboothTrainer()", () => {
  it("openDreamboothTrainer() adds the class's loss to the thing's, and saves a whole model", async () => {
    const weight = 0.5;
    const own = { trainer: "dreambooth", textEncoder: true, prior: { prompt: "a pizza", count: 3, weight } };
    // From a single picture.
    const opened = await open(own, drawnShapes({ side, count: 1 }));
    const { session, feeds } = opened;
    expect((await readdir(join(opened.model, "../cache/class"))).filter((name) => name.endsWith(".png"))).toHaveLength(
      3,
    );
    const half = (which: 0 | 1, factor: number): Feeds =>
      Object.fromEntries(
        Object.entries(feeds).map(
          ([
            name,
            {
              dims: [n, ...rest],
              data: values,
            },
          ]) => {
            const size = values.length / n;
            const part = values.slice((which * n * size) / 2, ((which + 1) * n * size) / 2);
            const scaled = name === "weight" ? (part as Float32Array).map((w) => w / factor) : part;
            return [name, { dims: [n / 2, ...rest], data: scaled } as AnyTensor];
          },
        ),
      );
    const loss = async (fed: Feeds) => (await session.measure(fed))["denoising.loss"].data[0];
    const [both, thing, kind] = [await loss(feeds), await loss(half(0, 2)), await loss(half(1, 2 * weight))];
    expect(both).toBeCloseTo(thing + weight * kind, 5);
    expect(isFalling(await losses(opened, 3))).toBe(true);
    const weights = await saved(opened);
    const { networks } = await openCheckpoint(opened.model);
    const before = await readTensors((await openCheckpoint(base)).networks.textEncoder!.tensors);
    const after = await readTensors(networks.textEncoder!.tensors);
    expect(after.size).toBe(before.size);
    const name = "text_model.encoder.layers.0.self_attn.q_proj.weight";
    expect(after.get(name)!.data).toEqual(weights.get(`text_encoder.${name}`)!.data);
    expect(after.get(name)!.data).not.toEqual(before.get(name)!.data);
    const model = await load(opened.model, { device: "cpu", threads: 1 });
    expect(await picture({}, model).finally(model.close)).not.toEqual(await picture());
  });
});

describe("openTextualInversionTrainer()", () => {
  const own = {
    trainer: "textual-inversion",
    prompt: undefined,
    word: "<me>",
    texts: ["{word}"],
    vectors: 2,
    initial: "a fox",
  };

  it("openTextualInversionTrainer() learns vectors that both files hold", async () => {
    const opened = await open(own);
    expect(isFalling(await losses(opened))).toBe(true);
    const weights = await saved(opened);
    expect([...weights.keys()]).toEqual(["embedding.text_encoder"]);
    const pictures = await Promise.all(
      ["a tiny one.pt", "learned_embeds.safetensors"].map(async (file) =>
        picture({ prompt: "<me>", embeddings: [{ name: join(opened.model, file), word: "<me>" }] }),
      ),
    );
    expect(pictures[0]).toEqual(pictures[1]);
    // As they began, the vectors are the words they began as.
    const initial = opened.trainer.initial!.get("embedding.text_encoder")!;
    const concepts = new Map([["<me>", { textEncoder: initial }]]);
    expect(await picture({ prompt: "<me>", concepts })).toEqual(await picture({ prompt: "a fox" }));
    expect(pictures[0]).not.toEqual(await picture({ prompt: "a fox" }));
  });

  it.each([
    [{ initial: "a red fox" }, /^Cannot begin "<me>" as "a red fox": that is 3 tokens of text_encoder \(1 to 2, /],
    [
      { texts: ["a red fox and a red fox and a red fox, {word}"] },
      /^Cannot learn "<me>" from "a red .*": it is not among the first 10 tokens/,
    ],
    [{ texts: ["a fox"] }, /one of "texts" has neither "\{word\}" nor "\{caption\}"/],
  ])("openTextualInversionTrainer() says what is wrong with %j", async (changes, message) => {
    await expect((async () => open({ ...own, ...changes }))()).rejects.toThrow(message);
  });
});

describe("openHypernetworkTrainer()", () => {
  it("openHypernetworkTrainer() learns with dropout what A1111's file then holds", async () => {
    const structure = { layerStructure: [1, 2, 1], layerDropout: [0, 0.25, 0], activation: "relu", layerNorm: true };
    const opened = await open({ trainer: "hypernetwork", widths: [12], ...structure });
    const mask = opened.feeds["dropout.hypernetwork.0.12.k.linear.3"];
    expect(mask.dims).toEqual([2, 1, 24]);
    expect(new Set(mask.data as Float32Array)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
    expect(isFalling(await losses(opened))).toBe(true);
    await saved(opened);
    const path = join(opened.model, "a tiny one.pt");
    expect(await picture({ hypernetworks: [{ name: path }] })).not.toEqual(await picture());
    expect(await picture({ hypernetworks: [{ name: path, weight: 0 }] })).toEqual(await picture());
  });

  it("openHypernetworkTrainer() says which widths there are when one is none of the model's", async () => {
    await expect(open({ trainer: "hypernetwork", widths: [768] })).rejects.toThrow(
      /^Cannot train a hypernetwork for ".*": nothing it attends to has width 768 \(12, 8 are known\)$/,
    );
  });
});

describe("openControlNetTrainer()", () => {
  const control = { kind: "annotators", chains: [[{ annotator: "canny", options: { low: 20, high: 40 } }]] };

  it("openControlNetTrainer() begins as the model alone, and its folder makes pictures follow", async () => {
    const opened = await open({ trainer: "controlnet", control });
    const { image } = await data.read(0);
    const controls = [{ path: opened.model, image }];
    await opened.trainer.save(await opened.session.weights(), "card", facts);
    expect(await picture({ controls })).toEqual(await picture());
    expect(isFalling(await losses(opened))).toBe(true);
    const weights = await saved(opened);
    expect([...weights.keys()].every((name) => name.startsWith("controlnet."))).toBe(true);
    expect(await picture({ controls })).not.toEqual(await picture());
  });

  it.each([
    [
      { pictureFeatures: [16, 32, 96] },
      /widths \[16,32,96\] make pictures 4 times smaller \("pictureFeatures" that make them 2 times/,
    ],
    [
      { control: { kind: "column" } },
      /^Cannot train on "shape 0": it has no "conditioning_image" \(the path of a picture is wanted\)$/,
    ],
    [{ control: { kind: "folder", path: "/nowhere" } }, /^Cannot find the picture to follow "\/nowhere\/shape 0"/],
  ])("openControlNetTrainer() says what is wrong with %j", async (own, message) => {
    await expect(open({ trainer: "controlnet", control, ...own })).rejects.toThrow(message);
  });
});
