// Every trainer at a tiny size: its loss is the published one, and what it saves is read back by the ordinary readers.

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { drawnShapes, plain, tinyRecipe } from "../../../../../fixtures/tiny-training.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import { readComponentWeights } from "../../checkpoints/component-weights.ts";
import { openCheckpoint } from "../../checkpoints/open.ts";
import { readWeights } from "../../checkpoints/weights-file.ts";
import { alphasCumprod, betas } from "../../diffusion/betas.ts";
import { readTensors } from "../../safetensors/read-tensor.ts";
import { bind } from "../../graph/bind.ts";
import { graphOf } from "../../graph/graph.ts";
import { parameters } from "../../graph/params.ts";
import { clipConfig, clipGraph } from "../../models/clip.ts";
import { clipTextConfig, clipTextGraph } from "../../models/clip-text.ts";
import { unet, unetGraph } from "../../models/unet.ts";
import { unetConfig } from "../../models/unet-config.ts";
import { unet2dConfig, unet2dGraph } from "../../models/unet2d.ts";
import { load } from "../../pipelines/model.ts";
import type { Engine } from "../../runtime/engine.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TrainingEvent } from "../events.ts";
import { minSnrWeights, signalToNoise } from "../losses/diffusion.ts";
import { pictureTensor } from "../pictures.ts";
import { train } from "../run.ts";
import { openEncoder, readAutoencoder } from "./autoencoder-files.ts";
import type { DenoisingNetwork } from "./denoising-network.ts";
import { diffusionProgram } from "./diffusion-program.ts";
import { revivedCodes } from "./code-revival.ts";
import { openTextStates, readTextEncoder } from "./text-encoder.ts";
import { drawsAt } from "../draws.ts";

let engine: Engine;
let root: string;
beforeAll(async () => {
  engine = await sharedEngine();
  root = await mkdtemp(join(tmpdir(), "noisette-trainers-"));
});
afterAll(async () => {
  await rm(root, { recursive: true });
});

const data = drawnShapes();
const classifier = fileURLToPath(new URL("../../../../server/assets/nsfw", import.meta.url));
const model = (name: string) => join(root, name, "model");
async function run(name: string, changes: object = {}, out = name): Promise<TrainingEvent[]> {
  const events: TrainingEvent[] = [];
  const recipe = tinyRecipe(name, { ...plain, steps: 3, every: { log: 1, sample: 100 }, ...changes });
  await train(recipe, { engine, data, out: join(root, out), tell: (event) => void events.push(event) });
  return events;
}
const readConfig = async (path: string) => JSON.parse(await readFile(path, "utf8")) as Record<string, unknown>;

describe("diffusionProgram()", () => {
  const golden = readGolden("train/unet_loss");
  const { loss: wanted, config: published } = golden.json as { loss: Record<string, number>; config: object };
  const timesteps = Array.from(goldenTensor(golden, "in.timesteps").data, Number);
  const alphaBar = alphasCumprod(betas());
  const snr = signalToNoise(alphaBar);

  it.each([
    ["epsilon", undefined],
    ["v_prediction", undefined],
    ["sample", undefined],
    ["epsilon", 5],
  ] as const)(
    "diffusionProgram() has diffusers' loss when the network predicts %s and γ is %s",
    async (prediction, gamma) => {
      const config = unetConfig(published as Record<string, unknown>);
      const network: DenoisingNetwork = {
        published: {},
        sizesOf: () => ({}),
        classes: undefined,
        component: "unet",
        predict: (p, inputs) => unet(p, { ...inputs, context: inputs.context! }, config),
        graph: () => unetGraph(config),
      };
      const sizes = { channels: 4, seenChannels: 0, size: [8, 8], text: [5, 6] } as const;
      const program = diffusionProgram({ network, prediction, ...sizes });
      const { loss } = program.build(parameters()).objectives[0];
      const { tensors } = await readWeights(fixturePath("train/unet_tiny/diffusion_pytorch_model.safetensors"));
      const perPicture = (value: (t: number) => number, dims: number[]) =>
        tensor(dims, Float32Array.from(timesteps, value));
      const out = await evaluate(
        engine,
        graphOf("loss", { loss }),
        {
          clean: goldenTensor(golden, "in.x0") as Tensor,
          noise: goldenTensor(golden, "in.noise") as Tensor,
          context: goldenTensor(golden, "in.encoder_hidden_states") as Tensor,
          timestep: perPicture((t) => t, [3]),
          alpha: perPicture((t) => Math.sqrt(alphaBar[t]), [3, 1, 1, 1]),
          sigma: perPicture((t) => Math.sqrt(1 - alphaBar[t]), [3, 1, 1, 1]),
          weight: perPicture((t) => (gamma === undefined ? 1 : minSnrWeights[prediction](snr[t], gamma)), [3]),
        },
        { tensors: new Map([...tensors].map(([name, stored]) => [`unet.${name}`, stored])) },
      );
      const key = gamma === undefined ? prediction : `min_snr_${gamma}`;
      expect(Math.abs(out.loss.data[0] / wanted[key] - 1)).toBeLessThan(1e-5);
    },
  );
});

describe("openDiffusionTrainer()", () => {
  it("openDiffusionTrainer() learns classes, and its UNet2DModel is read back", async () => {
    await run("classes");
    const config = unet2dConfig(await readConfig(join(model("classes"), "unet", "config.json")));
    expect(config.classes).toBe(3); // the last one for no class
    const { tensors } = await readComponentWeights(join(model("classes"), "unet"));
    expect(bind(unet2dGraph(config), tensors, "saved").size).toBe(tensors.size);
  });

  it("openDiffusionTrainer() says which example has no label for its classes", async () => {
    await expect(run("classes", { classes: 1 }).catch((error: Error) => error.message)).resolves.toContain(
      "it holds a run",
    );
    const out = join(root, "labels");
    await expect(train(tinyRecipe("classes", { ...plain, classes: 1 }), { engine, data, out })).rejects.toThrow(
      /^Cannot train on "shape \d+": its label is 1 \(one from 0 to 0 is wanted\)$/,
    );
  });
});

describe("openDiffusionTrainer() with finetune", () => {
  const on = (changes: object) => tinyRecipe("classes", { ...plain, finetune: { path: model("classes") }, ...changes });

  it("openDiffusionTrainer() goes on from a UNet that is there", async () => {
    const out = join(root, "classes further on");
    await train(on({ steps: 1, learningRate: 1e-6 }), { engine, data, out });
    const [before, after] = await Promise.all(
      [model("classes"), join(out, "model")].map(async (path) =>
        readTensors((await readComponentWeights(join(path, "unet"))).tensors),
      ),
    );
    expect([...after.keys()].sort()).toEqual([...before.keys()].sort());
    const moved = [...after].flatMap(([name, { data }]) =>
      Array.from(data, (value, i) => Math.abs(value - before.get(name)!.data[i])),
    );
    expect(Math.max(...moved)).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThan(1e-4);
  });

  it("openDiffusionTrainer() refuses to go on from a UNet of other sizes", async () => {
    const wider = on({ unet: { features: [16], attention: [false], resnets: 1, groups: 4 } });
    await expect(train(wider, { engine, data, out: join(root, "wider UNet") })).rejects.toThrow(
      /^Cannot go on from UNet ".*unet": its levels is .* is wanted, as the recipe says\)$/,
    );
  });
});

describe("openAutoencoderTrainer()", () => {
  it("openAutoencoderTrainer() saves a KL autoencoder whose scaled latents have unit deviation", async () => {
    const events = await run("kl");
    const steps = events.flatMap((event) => (event.kind === "step" ? [event.scalars] : []));
    // The discriminator counts from step 2 on.
    expect(steps.map((scalars) => scalars["discriminator.loss"] > 0)).toEqual([false, false, true]);
    const files = await readAutoencoder(model("kl"));
    expect(files).toMatchObject({ className: "AutoencoderKL", imageChannels: 3, latentChannels: 4, factor: 1 });
    const images = await Promise.all(Array.from({ length: 24 }, async (_, i) => (await data.read(i)).image));
    const encoder = await openEncoder(engine, files);
    const { mean, logVariance } = await encoder.encode(pictureTensor(images, { channels: 3 })).finally(encoder.close);
    const average = mean.data.reduce((a, b) => a + b) / mean.data.length;
    // Var(z) = Var(μ) + E σ²
    const variance =
      mean.data.reduce((sum, z, i) => sum + (z - average) ** 2 + Math.exp(logVariance!.data[i]), 0) / mean.data.length;
    expect(Math.sqrt(variance) * files.scaling).toBeCloseTo(1, 1);
  });

  it("openAutoencoderTrainer() leaves encoder and scale as they are when only the decoder learns", async () => {
    const { autoencoder } = tinyRecipe("kl", plain) as { autoencoder: object };
    const finetune = { path: model("kl"), learns: "decoder" };
    await train(tinyRecipe("kl", { ...plain, steps: 2, autoencoder, finetune }), {
      engine,
      data,
      out: join(root, "decoder"),
    });
    const [before, after] = await Promise.all([model("kl"), model("decoder")].map(readAutoencoder));
    expect(after.scaling).toBe(before.scaling);
    const [old, learnt] = await Promise.all([before, after].map(({ tensors }) => readTensors(tensors)));
    expect([...learnt.keys()].sort()).toEqual([...old.keys()].sort());
    const changed = [...old.keys()].filter((name) =>
      learnt.get(name)!.data.some((v, i) => v !== old.get(name)!.data[i]),
    );
    expect(new Set(changed.map((name) => name.split(".")[0]))).toEqual(new Set(["decoder", "post_quant_conv"]));
  });

  it("openAutoencoderTrainer() disturbs the latents by as much as the recipe says when the decoder is to forgive it", async () => {
    const { autoencoder } = tinyRecipe("kl", plain) as { autoencoder: object };
    const firstLoss = async (noise: object) => {
      const finetune = { path: model("kl"), learns: "decoder", ...noise };
      const events = await run("kl", { steps: 1, autoencoder, finetune }, `noise-${JSON.stringify(noise)}`);
      return events.flatMap((event) => (event.kind === "step" ? [event.scalars["autoencoder.loss"]] : []))[0];
    };
    const clear = await firstLoss({});
    expect(Math.abs((await firstLoss({ latentNoise: 1e-6 })) / clear - 1)).toBeLessThan(1e-4);
    expect(await firstLoss({ latentNoise: 10 })).toBeGreaterThan(1.1 * clear);
  });

  it("openAutoencoderTrainer() refuses to go on from an autoencoder of other sizes", async () => {
    const finetune = { path: model("kl") };
    const wider = tinyRecipe("kl", {
      ...plain,
      autoencoder: { latentChannels: 8, features: [8], groups: 4 },
      finetune,
    });
    await expect(train(wider, { engine, data, out: join(root, "wider") })).rejects.toThrow(
      /^Cannot go on from autoencoder ".*": its \w+ is .* is wanted, as the recipe says\)$/,
    );
  });

  it("openAutoencoderTrainer() saves a VQModel with transparency and revives dead codes", async () => {
    const events = await run("vq");
    const notices = events.flatMap((event) => (event.kind === "notice" ? [event.text] : []));
    expect(notices).toEqual([
      expect.stringMatching(/^\d+ of 16 codes were dead and are moved to latents of the batch$/),
    ]);
    expect(await readAutoencoder(model("vq"))).toMatchObject({ className: "VQModel", imageChannels: 4, factor: 2 });
  });

  it("revivedCodes() moves dead codes to latents and leaves the others", () => {
    const codebook = tensor([3, 2], Float32Array.of(1, 2, 3, 4, 5, 6));
    const latents = tensor([1, 2, 1, 2], Float32Array.of(10, 20, 30, 40)); // [10,30] and [20,40]
    const draws = drawsAt(0, "revival", { epoch: 0, batch: 0 });
    const revived = revivedCodes({
      codebook,
      usage: tensor([3], Float32Array.of(1, 0, 0.5)),
      latents,
      below: 0.1,
      draws,
    });
    expect(revived.revived).toBe(1);
    expect([...revived.usage.data]).toEqual([1, 1, 0.5]);
    expect([...revived.codebook.data.slice(0, 2), ...revived.codebook.data.slice(4)]).toEqual([1, 2, 5, 6]);
    expect([
      [10, 30],
      [20, 40],
    ]).toContainEqual(Array.from(revived.codebook.data.subarray(2, 4)));
  });
});

describe("a text-to-image model, all of it trained here", () => {
  it("openClipTrainer() saves both towers and the tokenizer", async () => {
    await run("clip");
    const config = await readConfig(join(model("clip"), "config.json"));
    const { tensors } = await readComponentWeights(model("clip"));
    expect(bind(clipGraph(clipConfig(config)), tensors, "saved").size).toBe(tensors.size);
    const { tokenizer } = await readTextEncoder(model("clip"));
    expect(tokenizer.decode(tokenizer.encode("a circle").ids)).toBe("a circle");
  });

  it("openTextStates() gives each caption its own states, whatever stands beside it", async () => {
    const files = await readTextEncoder(model("clip"));
    const states = await openTextStates(engine, files, "clip");
    const [together, again, alone] = [
      await states.encode(["a circle", "", "a box"]),
      await states.encode(["", "a box", "a box"]),
      await states.encode(["a box"]),
    ];
    await states.close();
    const size = 77 * 8;
    expect(together.data.slice(2 * size)).toEqual(alone.data);
    expect(again.data.slice(size, 2 * size)).toEqual(alone.data);
    expect(again.data.slice(0, size)).toEqual(together.data.slice(size, 2 * size));
  });

  it.each([
    { name: "text", size: 8, locked: { network: "clip", path: () => model("clip") } },
    { name: "text beside photographs", size: 32, locked: { network: "mobilenet", path: () => classifier } },
  ])("openClipTrainer() goes on with the text tower beside a $locked.network that stays", async (made) => {
    const { name, size, locked } = made;
    const begun = { finetune: { path: model("clip") }, tokenizer: { path: model("clip") } };
    const changes = { ...plain, ...begun, vision: undefined, size, locked: { ...locked, path: locked.path() } };
    await train(tinyRecipe("clip", changes), { engine, data, out: join(root, name) });

    const config = clipTextConfig(await readConfig(join(model(name), "config.json")), { withProjection: true });
    const { tensors } = await readComponentWeights(model(name));
    expect(bind(clipTextGraph(config), tensors, "saved").size).toBe(tensors.size - 3);
    expect([...tensors.keys()].filter((name) => !name.startsWith("text_")).sort()).toEqual([
      "image_projection.bias",
      "image_projection.weight",
      "logit_scale",
    ]);
    const [before, after] = await Promise.all(
      [model("clip"), model(name)].map(async (path) => readTensors((await readTextEncoder(path)).tensors)),
    );
    for (const [key, { dims, data }] of after) {
      expect(dims).toEqual(before.get(key)!.dims);
      const moved = data.map((value, i) => Math.abs(value - before.get(key)!.data[i]));
      expect(Math.max(...moved)).toBeLessThan(0.2);
    }
    const weight = "text_model.encoder.layers.0.mlp.fc1.weight";
    expect(after.get(weight)!.data).not.toEqual(before.get(weight)!.data);

    const wide = tinyRecipe("clip", { ...changes, size: 40 });
    await expect(train(wide, { engine, data, out: join(root, "40 pixels") })).rejects.toThrow(
      "for pictures of 40 × 40 pixels: it",
    );
  });

  it("openClipTrainer() goes on with wider layers, and what stands beside them, from what the tower knows", async () => {
    const goOn = async (feedForward: number) => {
      const text = { width: 8, layers: 1, heads: 2, feedForward };
      const locked = { network: "clip", path: model("clip") };
      const from = { finetune: { path: model("text") }, tokenizer: { path: model("text") } };
      const changes = { ...from, vision: undefined, locked, text, steps: 1, learningRate: 1e-9 };
      const events = await run("clip", changes, `${feedForward} units`);
      return events.flatMap((event) => (event.kind === "step" ? [event.scalars["clip.loss"]] : []))[0];
    };
    expect((await goOn(48)) / (await goOn(32))).toBeCloseTo(1, 5);
    const [before, same, wider] = await Promise.all(
      ["text", "32 units", "48 units"].map(async (name) =>
        readTensors((await readComponentWeights(model(name))).tensors),
      ),
    );
    for (const [name, { data }] of before)
      expect(Math.max(...same.get(name)!.data.map((x, i) => Math.abs(x - data[i])))).toBeLessThan(
        1e-5 * (1 + Math.max(...data.map(Math.abs))),
      );
    const inner = "text_model.encoder.layers.0.mlp.fc1.weight";
    expect(wider.get(inner)!.dims).toEqual([48, 8]);
    expect(
      wider
        .get(inner)!
        .data.subarray(0, 256)
        .every((x, i) => Math.abs(x - before.get(inner)!.data[i]) < 1e-6),
    ).toBe(true);
    expect(
      wider
        .get(inner)!
        .data.subarray(256)
        .every((x) => x !== 0),
    ).toBe(true);
    await expect(goOn(16)).rejects.toThrow(
      /^Cannot go on from text encoder ".*": its feedForward is 32 \(no more than 16, as the recipe says, is wanted\)$/,
    );
  });

  it("openClipTrainer() teaches the states of texts what latents their pictures have", async () => {
    const drafts = { path: model("kl"), size: 8, patch: 4, weight: 100 };
    const optimizer = { kind: "adamw" };
    const samples = { count: 2 };
    const changes = { optimizer, learningRate: 0.02, drafts, samples, steps: 30, batchSize: 8 };
    const events = await run("clip", { ...changes, every: { log: 1, sample: 30 } }, "drafts");
    const errors = events.flatMap((event) => (event.kind === "step" ? [event.scalars.draft] : []));
    const [first, last] = [errors.slice(0, 3), errors.slice(-3)].map((some) => some.reduce((a, b) => a + b) / 3);
    expect(last).toBeLessThan(0.8 * first);
    const shown = events.flatMap((event) => (event.kind === "samples" ? event.paths : []));
    expect(shown.map((path) => basename(path))).toEqual(["texts-000000030.png", "drafts-000000030.png"]);

    const { tensors } = await readComponentWeights(model("drafts"));
    expect(tensors.get("draft.weight")!.dims).toEqual([4 * 4 * 4, 8]);
    await run("pixels", { autoencoder: model("kl"), text: { path: model("drafts") } }, "with drafts");

    for (const [patch, tokens] of [
      [3, 77],
      [1, 63],
    ]) {
      const changed = { drafts: { ...drafts, patch }, text: { width: 8, layers: 1, heads: 2, tokens } };
      await expect(run("clip", changed, `patches of ${patch}`)).rejects.toThrow(
        `pictures of 8 pixels are 8 × 8 latents (whole patches of ${patch} × ${patch} are wanted, no more than the ${tokens} tokens`,
      );
    }
  });

  it.each([
    ["pixels", false],
    ["pixels told the text twice", true],
  ])("openDiffusionTrainer() saves a checkpoint that generate() makes pictures with: %s", async (name, pooledText) => {
    const changes = {
      autoencoder: model("kl"),
      text: { path: model("text") },
      dropout: 0.2,
      unet: { features: [8], attention: [true], resnets: 1, groups: 4, pooledText },
      diffusion: { prediction: "v_prediction", zeroTerminalSnr: true },
      samples: { count: 2, steps: 2, guidanceScale: 3 },
    };
    await run("pixels", changes, name);
    const checkpoint = await openCheckpoint(model(name));
    expect(checkpoint).toMatchObject({ task: "text-to-image", prediction: "v_prediction", unused: [], notes: [] });
    expect(Object.values(checkpoint.networks).flatMap(({ unused }) => unused)).toEqual([]);
    const opened = await load(model(name), { device: "cpu", threads: 1 });
    try {
      const { images } = await opened.generate({ prompt: "a circle", width: 8, height: 8, steps: 2, seed: 1 });
      expect(images[0].image).toMatchObject({ width: 8, height: 8 });
    } finally {
      await opened.close();
    }
  });
});
