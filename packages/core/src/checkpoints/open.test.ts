import { createHash } from "node:crypto";
import { cp, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { WritableTensor } from "../safetensors/write.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { NetworkFiles } from "./checkpoint.ts";
import { formatReport } from "./format-report.ts";
import { inspectCheckpoint } from "./inspect.ts";
import { openCheckpoint } from "./open.ts";

const fixtures = fileURLToPath(new URL("../../../../fixtures/", import.meta.url));
const model = (name: string) => join(fixtures, "models", name);
const singleFile = (name: string) => join(fixtures, "single_file", name);

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "checkpoint-"))));
afterAll(() => rm(folder, { recursive: true }));

/** The bytes of a tensor as the network wants them: transposed matrices are turned around. */
async function wantedBytes(stored: StoredTensor): Promise<Buffer> {
  const bytes = (await readFile(stored.file)).subarray(stored.offset, stored.offset + stored.byteLength);
  if (!stored.transposed) return bytes;
  const [rows, columns] = stored.dims;
  const size = bytes.length / (rows * columns);
  const turned = Buffer.alloc(bytes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const from = (row * columns + column) * size;
      bytes.copy(turned, (column * rows + row) * size, from, from + size);
    }
  }
  return turned;
}

async function content(network: NetworkFiles): Promise<Record<string, string>> {
  const entries = await Promise.all(
    [...network.tensors].map(async ([name, stored]) => {
      const dims = stored.transposed ? stored.dims.toReversed() : stored.dims;
      return [
        name,
        `${stored.type} [${dims}] ${createHash("sha256")
          .update(await wantedBytes(stored))
          .digest("hex")}`,
      ];
    }),
  );
  return Object.fromEntries(entries);
}

test.each([
  {
    name: "sd1",
    family: "sd1",
    task: "text-to-image",
    prediction: "epsilon",
    networks: ["unet", "vae", "textEncoder"],
  },
  {
    name: "sd2",
    family: "sd2",
    task: "text-to-image",
    prediction: "v_prediction",
    networks: ["unet", "vae", "textEncoder"],
  },
  {
    name: "sdxl",
    family: "sdxl",
    task: "text-to-image",
    prediction: "epsilon",
    networks: ["unet", "vae", "textEncoder", "textEncoder2"],
  },
  {
    name: "sdxl-refiner",
    family: "sdxl-refiner",
    task: "image-to-image",
    prediction: "epsilon",
    networks: ["unet", "vae", "textEncoder2"],
  },
  {
    name: "sd1-inpaint",
    family: "sd1",
    task: "inpainting",
    prediction: "epsilon",
    networks: ["unet", "vae", "textEncoder"],
  },
])("openCheckpoint() opens the diffusers folder when it is $name", async ({ name, networks, ...expected }) => {
  const checkpoint = await openCheckpoint(model(name));
  expect(checkpoint).toMatchObject({ format: "diffusers", unused: [], notes: [], ...expected });
  expect(Object.keys(checkpoint.networks)).toEqual(networks);
  for (const network of Object.values(checkpoint.networks)) expect(network.unused).toEqual([]);
  expect(checkpoint.modelIndex?._class_name).toMatch(/^StableDiffusion/);
  expect(checkpoint.scheduler).toEqual(
    JSON.parse(await readFile(join(model(name), "scheduler/scheduler_config.json"), "utf8")),
  );
});

test("openCheckpoint() reads the tokenizers with their own padding when the folder is SDXL", async () => {
  const { tokenizers } = await openCheckpoint(model("sdxl"));
  expect(tokenizers.tokenizer).toMatchObject({ config: { pad_token: "<|endoftext|>", model_max_length: 77 } });
  expect(tokenizers.tokenizer2).toMatchObject({
    config: { pad_token: "!" },
    vocab: expect.stringContaining("<|startoftext|>"),
    merges: expect.stringContaining("#version"),
  });
});

test.each([
  {
    file: "sd1_ldm.safetensors",
    config: "sd1",
    unused: ["alphas_cumprod", "betas", "model_ema.decay", "model_ema.num_updates"],
  },
  {
    file: "sd1_ldm.ckpt",
    config: "sd1",
    unused: ["alphas_cumprod", "betas", "model_ema.decay", "model_ema.num_updates"],
  },
  { file: "sdxl_sgm.safetensors", config: "sdxl", unused: [] },
])("openCheckpoint() finds the tensors of $config when they are in $file", async ({ file, config, unused }) => {
  const single = await openCheckpoint(singleFile(file), { config: model(config) });
  const published = await openCheckpoint(model(config));
  expect(single).toMatchObject({
    format: "single-file",
    family: published.family,
    task: published.task,
    prediction: published.prediction,
  });
  expect(Object.keys(single.networks)).toEqual(Object.keys(published.networks));
  for (const slot of Object.keys(published.networks) as (keyof typeof published.networks)[]) {
    expect(await content(single.networks[slot]!), slot).toEqual(await content(published.networks[slot]!));
    expect(single.networks[slot]!.config).toEqual(published.networks[slot]!.config);
  }
  expect(single.unused.toSorted()).toEqual(unused);
  expect(single.scheduler).toEqual(published.scheduler);
  expect(single.tokenizers).toEqual(published.tokenizers);
});

test("openCheckpoint() finds the tensors when a file mixes diffusers names, old attention names and fused projections", async () => {
  const published = await openCheckpoint(model("sd2"));
  const { unet, vae, textEncoder } = published.networks;
  const tensors = new Map<string, WritableTensor>();
  const put = async (name: string, ...parts: StoredTensor[]) => {
    const data = Buffer.concat(await Promise.all(parts.map(wantedBytes)));
    const [{ type, dims }] = parts;
    tensors.set(name, { type, dims: [dims[0] * parts.length, ...dims.slice(1)], data });
  };
  for (const [name, stored] of unet.tensors) await put(`unet.${name}`, stored);
  const oldNames: Record<string, string> = { to_q: "query", to_k: "key", to_v: "value", "to_out.0": "proj_attn" };
  for (const [name, stored] of vae.tensors)
    await put(`vae.${name.replace(/to_q|to_k|to_v|to_out\.0/, (word) => oldNames[word])}`, stored);
  // The text encoder as open_clip has it, with a last layer that SD 2 does not use.
  const text = textEncoder!.tensors;
  const openClip = "cond_stage_model.model.";
  await put(`${openClip}token_embedding.weight`, text.get("text_model.embeddings.token_embedding.weight")!);
  await put(`${openClip}positional_embedding`, text.get("text_model.embeddings.position_embedding.weight")!);
  const modules = {
    ln_1: "layer_norm1",
    ln_2: "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
  };
  for (const kind of ["weight", "bias"]) {
    await put(`${openClip}ln_final.${kind}`, text.get(`text_model.final_layer_norm.${kind}`)!);
    for (let layer = 0; layer < 5; layer++) {
      const path = `text_model.encoder.layers.${Math.min(layer, 3)}`;
      const block = `${openClip}transformer.resblocks.${layer}`;
      await put(
        `${block}.attn.in_proj_${kind}`,
        ...["q", "k", "v"].map((name) => text.get(`${path}.self_attn.${name}_proj.${kind}`)!),
      );
      for (const [to, from] of Object.entries(modules))
        await put(`${block}.${to}.${kind}`, text.get(`${path}.${from}.${kind}`)!);
    }
  }
  const path = join(folder, "mixed.safetensors");
  await writeSafetensors(path, tensors);

  const mixed = await openCheckpoint(path, { config: model("sd2") });
  expect(mixed).toMatchObject({ family: "sd2", prediction: "v_prediction", unused: [] });
  expect(await content(mixed.networks.unet)).toEqual(await content(unet));
  expect(await content(mixed.networks.vae)).toEqual(await content(vae));
  expect(await content(mixed.networks.textEncoder!)).toEqual(await content(textEncoder!));
  expect(mixed.networks.textEncoder!.unused).toHaveLength(12);
  expect(
    mixed.networks.textEncoder!.unused.every((name) => name.startsWith(`${openClip}transformer.resblocks.4.`)),
  ).toBe(true);
});

test("openCheckpoint() asks for a configuration when the shapes do not determine one", async () => {
  await expect(openCheckpoint(singleFile("sd1_ldm.safetensors"))).rejects.toThrow(
    /Cannot derive the configuration of the UNet: a block has 8 channels.*\(pass "config"/,
  );
});

test("openCheckpoint() says what a file is when it is no checkpoint", async () => {
  const vae = join(model("sd1"), "vae/diffusion_pytorch_model.safetensors");
  await expect(openCheckpoint(vae)).rejects.toThrow(
    "it is an autoencoder alone (a whole Stable Diffusion checkpoint is wanted)",
  );
});

test("openCheckpoint() replaces the autoencoder when the vae option names one", async () => {
  const single = await openCheckpoint(singleFile("sd1_ldm.safetensors"), {
    config: model("sd1"),
    vae: join(model("sdxl"), "vae"),
  });
  expect(single.networks.vae.config.scaling_factor).toBe(0.13025);
  const tiny = await openCheckpoint(model("sd1"), { vae: model("autoencoder_tiny") });
  expect(tiny.networks.vae.className).toBe("AutoencoderTiny");
  expect(tiny.networks.vae.tensors.has("decoder.layers.0.weight")).toBe(true);
});

test("openCheckpoint() uses the variant and says so when the plain weights are not there", async () => {
  const path = join(folder, "fp16-only");
  await cp(model("sd1"), path, { recursive: true });
  await rename(
    join(path, "unet/diffusion_pytorch_model.safetensors"),
    join(path, "unet/diffusion_pytorch_model.fp16.safetensors"),
  );
  const { networks, notes } = await openCheckpoint(path);
  expect(networks.unet.tensors.size).toBe(684);
  expect(notes).toEqual([
    expect.stringContaining('has no plain weights: "diffusion_pytorch_model.fp16.safetensors" is used'),
  ]);
  const asked = await openCheckpoint(path, { variant: "fp16" });
  expect(asked.notes).toEqual([
    expect.stringContaining('has no fp16 weights: "diffusion_pytorch_model.safetensors"'),
    expect.stringContaining('"model.safetensors"'),
  ]);
});

test("openCheckpoint() reads shards when the weights are split by an index", async () => {
  const path = join(folder, "sharded");
  await cp(model("sd1"), path, { recursive: true });
  const whole = join(path, "unet/diffusion_pytorch_model.safetensors");
  await rename(whole, join(path, "unet/diffusion_pytorch_model-00001-of-00001.safetensors"));
  const { networks } = await openCheckpoint(model("sd1"));
  const weightMap = Object.fromEntries(
    [...networks.unet.tensors.keys()].map((name) => [name, "diffusion_pytorch_model-00001-of-00001.safetensors"]),
  );
  await writeFile(`${whole}.index.json`, JSON.stringify({ metadata: {}, weight_map: weightMap }));
  const sharded = await openCheckpoint(path);
  expect(await content(sharded.networks.unet)).toEqual(await content(networks.unet));
  expect(await sharded.hash()).toBe(await (await openCheckpoint(model("sd1"))).hash());
});

test("openCheckpoint() names the first missing tensor and the closest one when a file lacks some", async () => {
  const path = join(folder, "renamed");
  await cp(model("sd1"), path, { recursive: true });
  const file = join(path, "text_encoder/model.safetensors");
  const bytes = await readFile(file);
  const name = Buffer.from("text_model.final_layer_norm.bias");
  bytes.set(Buffer.from("text_model.finale_layer_nrm.bias"), bytes.indexOf(name));
  await writeFile(file, bytes);
  await expect(openCheckpoint(path)).rejects.toThrow(
    `missing "text_encoder.text_model.final_layer_norm.bias" (closest: "text_model.finale_layer_nrm.bias")`,
  );
});

test("Checkpoint.hash() is the start of the file's SHA-256 when the checkpoint is one file", async () => {
  const path = singleFile("sd1_ldm.safetensors");
  const checkpoint = await openCheckpoint(path, { config: model("sd1") });
  expect(await checkpoint.hash()).toBe(
    createHash("sha256")
      .update(await readFile(path))
      .digest("hex")
      .slice(0, 10),
  );
});

test("openCheckpoint() names the file that is missing when a folder is incomplete", async () => {
  const path = join(folder, "incomplete");
  await cp(model("sd1"), path, { recursive: true });
  await rm(join(path, "text_encoder/config.json"));
  await expect(openCheckpoint(path)).rejects.toThrow(`Cannot open "${path}": it has no "text_encoder/config.json"`);
  await expect(openCheckpoint(singleFile("sd1_ldm.safetensors"), { config: fixtures })).rejects.toThrow(
    `it has no "unet/config.json"`,
  );
  await expect(openCheckpoint(join(folder, "nowhere"))).rejects.toThrow("no such file or folder");
});

test("openCheckpoint() keeps the rest of the scheduler when the prediction is overridden", async () => {
  const { prediction, scheduler } = await openCheckpoint(model("sd1"), { prediction: "v_prediction" });
  expect({ prediction, scheduler }).toMatchObject({
    prediction: "v_prediction",
    scheduler: { _class_name: "PNDMScheduler", prediction_type: "v_prediction", steps_offset: 1 },
  });
});

test("inspectCheckpoint() counts parameters and lists leftovers when the file is a checkpoint", async () => {
  const path = singleFile("sd1_ldm.safetensors");
  const report = await inspectCheckpoint(path, { config: model("sd1") });
  expect(report).toMatchObject({
    kind: "a Stable Diffusion checkpoint",
    model: { family: "sd1", networks: { unet: { tensors: 684, types: { F16: 684 }, missing: [], unused: [] } } },
  });
  expect(report.unused).toHaveLength(4);
  const text = formatReport({ ...report, path: "sd1_ldm.safetensors" });
  expect(text).toMatch(/^sd1_ldm.safetensors: a Stable Diffusion checkpoint\n/);
  expect(text).toMatch(/unet +UNet2DConditionModel: [\d,]+ parameters, [\d.]+ kB, 684 tensors \(684 F16\)/);
});

test("inspectCheckpoint() describes the file and the problem when the architecture is open", async () => {
  const report = await inspectCheckpoint(singleFile("sdxl_sgm.safetensors"));
  expect(report.model).toBeUndefined();
  expect(report.problem).toContain('pass "config"');
  expect(report.weights.tensors).toBeGreaterThan(900);
});

test("inspectCheckpoint() sorts the trainer's comments when the file is a LoRA", async () => {
  const path = join(folder, "style.safetensors");
  const values = new Float32Array(8);
  await writeSafetensors(
    path,
    new Map([
      [
        "lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight",
        { type: "F32" as const, dims: [2, 4], data: values },
      ],
    ]),
    { metadata: { ss_network_dim: "2", "modelspec.title": "style", note: "hi" } },
  );
  const report = await inspectCheckpoint(path);
  expect(report).toMatchObject({
    kind: "a LoRA",
    metadata: { training: { ss_network_dim: "2" }, modelspec: { "modelspec.title": "style" }, other: { note: "hi" } },
  });
  expect(formatReport(report)).toContain("ss_network_dim = 2");
});
