import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixturePath, goldenFloats, goldenTensor, readGolden } from "../../../../fixtures/read-golden.ts";
import { readTextlessModel } from "../checkpoints/textless-model.ts";
import { sigmaAt } from "../diffusion/discretization.ts";
import { diffusionFromDiffusers } from "../diffusion/from-diffusers.ts";
import { imagesFromTensor } from "../image/pixels.ts";
import { unet2dGraph } from "../models/unet2d.ts";
import type { Engine } from "../runtime/engine.ts";
import { openEngine } from "../runtime/open-engine.ts";
import { scaled } from "../tensor/lincomb.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { openTextlessModel } from "./textless-model.ts";
import type { SampleEvent } from "./textless-events.ts";
import type { OpenTextlessModel } from "./textless-model.ts";

const device = { device: "cpu", threads: 1 } as const;
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "textless-"));
  const ddpm = fixturePath("models/ddpm");
  await cp(ddpm, join(root, "ddpm"), { recursive: true });
  // Fixtures hold the UNet with classes alone: a scheduler makes a model of it, and a VQ autoencoder of its channels a latent one.
  await cp(fixturePath("models/unet2d-class"), join(root, "class/unet"), { recursive: true });
  await cp(join(ddpm, "scheduler"), join(root, "class/scheduler"), { recursive: true });
  await cp(ddpm, join(root, "latent"), { recursive: true });
  await cp(fixturePath("models/ldm-super-resolution/vqvae"), join(root, "latent/vqvae"), { recursive: true });
});
afterAll(() => rm(root, { recursive: true }));

const models = new Map<string, Promise<OpenTextlessModel>>();
/** The model of that name, opened once. */
function opened(name: string): Promise<OpenTextlessModel> {
  const known = models.get(name) ?? openTextlessModel(join(root, name), device);
  models.set(name, known);
  return known;
}
afterAll(async () => {
  for (const model of models.values()) await (await model).close();
});

describe("openTextlessModel()", () => {
  it.each([
    ["ddpm", {}],
    ["ddim", { eta: 0 }],
    ["ddim_eta05_clipped", { eta: 0.5, clippedNoise: true }],
  ])(
    "OpenTextlessModel.sample() makes diffusers' pictures when given the run of cases/ddpm/%s",
    async (name, given) => {
      const golden = readGolden(`cases/ddpm/${name}`);
      const { class: _class_name, ...config } = golden.json.schedulers.scheduler;
      const { images } = await (
        await opened("ddpm")
      ).sample({
        scheduler: { _class_name, ...config },
        steps: golden.json.call_kwargs.num_inference_steps,
        count: golden.json.call_kwargs.batch_size ?? 1,
        seed: golden.json.seed,
        seeding: "batch",
        ...given,
      });
      const last = [...golden.tensors.keys()].filter((key) => /^latents\.\d+$/.test(key)).at(-1)!;
      const values = images.flatMap(({ latents }) => [...latents.data]);
      goldenFloats(golden, last).forEach((value, i) => expect(Math.abs(values[i] - value)).toBeLessThan(1e-3));
      const bytes = images.flatMap(({ image }) => [...image.data]);
      (goldenTensor(golden, "out.image_u8").data as Uint8Array).forEach((value, i) =>
        expect(Math.abs(bytes[i] - value)).toBeLessThanOrEqual(1),
      );
    },
  );

  it("OpenTextlessModel.sample() makes the same pictures one by one, by number, from a record, and nearly so in batches", async () => {
    const model = await opened("ddpm");
    const options = { steps: 3, sampler: "ddpm", count: 3, seed: 5 } as const;
    const { images } = await model.sample(options);
    expect(images.map(({ seed, picture }) => [seed, picture])).toEqual([
      [5, 0],
      [6, 1],
      [7, 2],
    ]);
    expect(new Set(images.map(({ image }) => String(image.data))).size).toBe(3);
    const byNumber = await model.sample({ ...options, pictures: [1] });
    const again = await model.sample(images[1].record.options);
    for (const { images: other } of [byNumber, again])
      expect(other.map(({ latents }) => latents)).toEqual([images[1].latents]);
    const batched = await model.sample({ ...options, batchSize: 2 });
    expect(batched.images.map(({ record }) => record.options.seed)).toEqual([5, 6, 7]);
    // The order of summation is all that differs.
    batched.images.forEach(({ latents }, n) =>
      latents.data.forEach((value, i) => expect(Math.abs(value - images[n].latents.data[i])).toBeLessThan(1e-4)),
    );
  });

  it("OpenTextlessModel.sample() tells start, steps and pictures in order when iterated", async () => {
    const model = await opened("ddpm");
    const events: SampleEvent[] = [];
    for await (const event of model.sample({ steps: 2, count: 2 })) events.push(event);
    expect(events.map(({ kind }) => kind)).toEqual(["start", "step", "step", "image", "step", "step", "image"]);
    expect(events[5]).toMatchObject({ picture: 1, step: 2, steps: 2, remainingMs: 0 });
    const stop = new AbortController();
    const left = (async () => {
      for await (const event of model.sample({ steps: 500, signal: stop.signal }))
        if (event.kind === "step") stop.abort(new Error("enough"));
    })();
    await expect(left).rejects.toThrow("enough");
  });
});

describe("openTextlessModel() of a model with classes", () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await openEngine(device);
  });
  afterAll(() => engine.close());

  it("readTextlessModel() gives the network of cases/unet2d-class/unet", async () => {
    const golden = readGolden("cases/unet2d-class/unet");
    const { config, tensors, path } = await readTextlessModel(join(root, "class"));
    const network = await engine.load(unet2dGraph(config), tensors, { source: path });
    const sample = tensor(goldenTensor(golden, "in.sample").dims, goldenFloats(golden, "in.sample"));
    const labels = BigInt64Array.from(goldenTensor(golden, "in.class_labels").data as BigInt64Array, BigInt);
    const timesteps = goldenTensor(golden, "in.timesteps").data;
    for (let i = 0; i < timesteps.length; i++) {
      const timestep = tensor([2], new Float32Array(2).fill(Number(timesteps[i])));
      const { out } = await network.run({ sample, timestep, classLabels: { dims: [2], data: labels } });
      // The tolerance of one network's forward pass.
      goldenFloats(golden, `out.sample.${i}`).forEach((value, k) =>
        expect(Math.abs(out.data[k] - value)).toBeLessThan(1e-4),
      );
    }
    await network.unload();
  });

  it("OpenTextlessModel.sample() asks for the class, guided away from the last one, and ends a single step at x₀", async () => {
    const { config, tensors, path, scheduler } = await readTextlessModel(join(root, "class"));
    const network = await engine.load(unet2dGraph(config), tensors, { source: path });
    const dims = [1, 3, 16, 16];
    const [timestep, scale] = [500, 2.5];
    const sigma = sigmaAt(diffusionFromDiffusers(scheduler).discretization, timestep);
    // The run starts from x = σ·N(0,1) and shows the network x/√(1+σ²).
    const x = scaled(new TorchGenerator(9).randn(elementCount(dims)), sigma);
    const seen = tensor(dims, scaled(x, 1 / Math.hypot(1, sigma)));
    const noiseOf = async (label: number) =>
      (
        await network.run({
          sample: seen,
          timestep: tensor([1], Float32Array.of(timestep)),
          classLabels: { dims: [1], data: BigInt64Array.of(BigInt(label)) },
        })
      ).out.data;
    const [own, none] = [await noiseOf(3), await noiseOf(9)];
    await network.unload();
    // x₀ = x − σ·ε, ε guided, limited to [-1,1]; ddim reaches it in one step.
    const expected = x.map((value, i) => {
      const eps = scale * own[i] + (1 - scale) * none[i];
      return Math.min(1, Math.max(-1, value - sigma * eps));
    });
    const options = { classes: [0, 3], seed: 8, sampler: "ddim" as const, timesteps: [timestep], guidanceScale: scale };
    const { images } = await (await opened("class")).sample(options);
    expect(images.map(({ record }) => record.options.classes)).toEqual([[0], [3]]);
    images[1].latents.data.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-3));
  });
});

describe("openTextlessModel() of a model of latents", () => {
  it("OpenTextlessModel.sample() decodes what it made when there is an autoencoder", async () => {
    const { decoder } = await readTextlessModel(join(root, "latent"));
    const { images } = await (await opened("latent")).sample({ steps: 3, seed: 2, count: 2 });
    const plain = await (await opened("ddpm")).sample({ steps: 3, seed: 2, count: 2 });
    expect(images[1].latents).toEqual(plain.images[1].latents);
    expect(images[1].record).toMatchObject({ width: 64, height: 64 });
    const engine = await openEngine(device);
    const network = await engine.load(decoder!.graph, decoder!.tensors, { source: decoder!.path });
    const { dims, data } = images[1].latents;
    const { image } = await network.run({
      latents: tensor(
        dims,
        data.map((value) => value / 0.18215),
      ),
    });
    await engine.close();
    imagesFromTensor(image)[0].data.forEach((value, i) =>
      expect(Math.abs(value - images[1].image.data[i])).toBeLessThanOrEqual(1),
    );
  });

  it.each([
    ["models/sd1", "its UNet is a UNet2DConditionModel (a UNet2DModel, which takes no text, is wanted)"],
    ["models/clip", "it has no unet/config.json (a folder of unet and scheduler is wanted)"],
    ["models/ldm-super-resolution", "its UNet sees 6 channels, its autoencoder's latents have 3"],
  ])("openTextlessModel() says what is wrong with %s", async (name, problem) => {
    await expect(openTextlessModel(fixturePath(name), device)).rejects.toThrow(problem);
  });

  it("openTextlessModel() refuses an autoencoder of a class that it does not have", async () => {
    const path = join(root, "ddpm/vae");
    await mkdir(path);
    await writeFile(join(path, "config.json"), '{"_class_name": "AutoencoderTiny"}');
    await expect(openTextlessModel(join(root, "ddpm"), device)).rejects.toThrow(
      "its autoencoder is a AutoencoderTiny (AutoencoderKL or VQModel is wanted)",
    );
    await rm(path, { recursive: true });
  });
});
