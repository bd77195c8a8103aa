// The published models at full size, without weights: names and shapes follow from the original code's settings, so
// listings made from those settings must come out as the published configurations and parameter counts.

import { expect, test } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import { readSingleFile } from "./single-file.ts";
import {
  clipL,
  type Listing,
  ldmUnet,
  ldmVae,
  openClip,
  refinerUnet,
  sd1Unet,
  sd2Unet,
  sdxlUnet,
} from "../../../../fixtures/published-listings.ts";

function file(sections: Record<string, Listing>): Map<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  let offset = 8;
  for (const [prefix, listing] of Object.entries(sections)) {
    for (const [name, dims] of listing) {
      const byteLength = 2 * elementCount(dims);
      tensors.set(prefix + name, {
        name: prefix + name,
        type: "F16",
        dims,
        file: "model.safetensors",
        offset,
        byteLength,
      });
      offset += byteLength;
    }
  }
  return tensors;
}

const bigG = openClip({ width: 1280, layers: 32 });
const vae = { "first_stage_model.": ldmVae() };

const down = (pattern: string) => [...pattern].map((c) => (c === "x" ? "CrossAttnDownBlock2D" : "DownBlock2D"));
const up = (pattern: string) => [...pattern].map((c) => (c === "x" ? "CrossAttnUpBlock2D" : "UpBlock2D"));

/** Values of the config.json files published at v1-5, 2-1, XL base 1.0, XL refiner 1.0. */
const models = [
  {
    title: "SD 1.5",
    tensors: file({ "model.diffusion_model.": ldmUnet(sd1Unet), "cond_stage_model.transformer.": clipL(), ...vae }),
    family: "sd1",
    task: "text-to-image",
    prediction: undefined,
    expectedPrediction: "epsilon",
    scheduler: "PNDMScheduler",
    unet: {
      attention_head_dim: 8,
      block_out_channels: [320, 640, 1280, 1280],
      cross_attention_dim: 768,
      in_channels: 4,
      out_channels: 4,
      layers_per_block: 2,
      sample_size: 64,
      norm_num_groups: 32,
      use_linear_projection: false,
      down_block_types: down("xxx-"),
      up_block_types: up("-xxx"),
      transformer_layers_per_block: 1,
      addition_embed_type: null,
    },
    vae: { scaling_factor: 0.18215, sample_size: 512 },
    textEncoder: {
      hidden_act: "quick_gelu",
      hidden_size: 768,
      intermediate_size: 3072,
      num_attention_heads: 12,
      num_hidden_layers: 12,
      projection_dim: 768,
      vocab_size: 49408,
    },
    parameters: { unet: 859520964, vae: 83653863, textEncoder: 123060480 },
    unused: {},
  },
  {
    title: "SD 2.1",
    tensors: file({
      "model.diffusion_model.": ldmUnet(sd2Unet),
      "cond_stage_model.model.": openClip({ width: 1024, layers: 24 }),
      ...vae,
    }),
    family: "sd2",
    task: "text-to-image",
    prediction: "v_prediction",
    expectedPrediction: "v_prediction",
    scheduler: "DDIMScheduler",
    unet: {
      attention_head_dim: [5, 10, 20, 20],
      block_out_channels: [320, 640, 1280, 1280],
      cross_attention_dim: 1024,
      in_channels: 4,
      layers_per_block: 2,
      sample_size: 96,
      use_linear_projection: true,
      upcast_attention: true,
      down_block_types: down("xxx-"),
      up_block_types: up("-xxx"),
      transformer_layers_per_block: 1,
    },
    vae: { scaling_factor: 0.18215, sample_size: 768 },
    textEncoder: {
      hidden_act: "gelu",
      hidden_size: 1024,
      intermediate_size: 4096,
      num_attention_heads: 16,
      num_hidden_layers: 23,
      projection_dim: 512,
    },
    parameters: { unet: 865910724, vae: 83653863, textEncoder: 340387840 },
    unused: { textEncoder: 14 }, // the 12 tensors of the last layer, text_projection, logit_scale
  },
  {
    title: "SDXL base",
    tensors: file({
      "model.diffusion_model.": ldmUnet(sdxlUnet),
      "conditioner.embedders.0.transformer.": clipL(),
      "conditioner.embedders.1.model.": bigG,
      ...vae,
    }),
    family: "sdxl",
    task: "text-to-image",
    prediction: undefined,
    expectedPrediction: "epsilon",
    scheduler: "EulerDiscreteScheduler",
    unet: {
      addition_embed_type: "text_time",
      addition_time_embed_dim: 256,
      attention_head_dim: [5, 10, 20],
      block_out_channels: [320, 640, 1280],
      cross_attention_dim: 2048,
      down_block_types: down("-xx"),
      up_block_types: up("xx-"),
      projection_class_embeddings_input_dim: 2816,
      sample_size: 128,
      transformer_layers_per_block: [1, 2, 10],
      use_linear_projection: true,
    },
    vae: { scaling_factor: 0.13025, sample_size: 1024, force_upcast: true },
    textEncoder: { hidden_act: "quick_gelu", num_hidden_layers: 12, projection_dim: 768 },
    textEncoder2: {
      architectures: ["CLIPTextModelWithProjection"],
      hidden_act: "gelu",
      hidden_size: 1280,
      intermediate_size: 5120,
      num_attention_heads: 20,
      num_hidden_layers: 32,
      projection_dim: 1280,
    },
    parameters: { unet: 2567463684, vae: 83653863, textEncoder: 123060480, textEncoder2: 694659840 },
    unused: { textEncoder2: 1 }, // logit_scale
  },
  {
    title: "SDXL refiner",
    tensors: file({ "model.diffusion_model.": ldmUnet(refinerUnet), "conditioner.embedders.0.model.": bigG, ...vae }),
    family: "sdxl-refiner",
    task: "image-to-image",
    prediction: undefined,
    expectedPrediction: "epsilon",
    scheduler: "EulerDiscreteScheduler",
    unet: {
      addition_embed_type: "text_time",
      addition_time_embed_dim: 256,
      attention_head_dim: [6, 12, 24, 24],
      block_out_channels: [384, 768, 1536, 1536],
      cross_attention_dim: 1280,
      down_block_types: down("-xx-"),
      up_block_types: up("-xx-"),
      projection_class_embeddings_input_dim: 2560,
      transformer_layers_per_block: 4,
      use_linear_projection: true,
    },
    vae: { scaling_factor: 0.13025 },
    textEncoder2: { num_hidden_layers: 32 },
    parameters: { unet: 2259526660, vae: 83653863, textEncoder2: 694659840 },
    unused: { textEncoder2: 1 },
  },
] as const;

test.each(models)(
  "readSingleFile() derives the published configuration when the names are those of $title",
  async (model) => {
    const { checkpoint, missing } = await readSingleFile(
      "model.safetensors",
      { tensors: model.tensors, metadata: {} },
      { prediction: model.prediction },
    );
    expect(checkpoint.family).toBe(model.family);
    expect(checkpoint.task).toBe(model.task);
    expect(checkpoint.prediction).toBe(model.expectedPrediction);
    expect(checkpoint.scheduler._class_name).toBe(model.scheduler);
    expect([...missing.values()].flat()).toEqual([]);
    expect(checkpoint.notes).toEqual([]);
    for (const [slot, network] of Object.entries(checkpoint.networks)) {
      expect(network.config, slot).toMatchObject((model as unknown as Record<string, object>)[slot]);
      const parameters = [...network.tensors.values()].reduce((sum, { dims }) => sum + elementCount(dims), 0);
      expect(parameters, slot).toBe((model.parameters as Record<string, number>)[slot]);
      expect(network.unused.length, `${slot}: ${network.unused}`).toBe(
        (model.unused as Record<string, number>)[slot] ?? 0,
      );
    }
    expect(Object.keys(checkpoint.networks).sort()).toEqual(Object.keys(model.parameters).sort());
  },
);

test.each([
  { inChannels: 9, task: "inpainting" },
  { inChannels: 8, task: "instruct-pix2pix" },
  { inChannels: 5, task: "depth-to-image" },
])("readSingleFile() finds the task $task when the UNet takes $inChannels channels", async ({ inChannels, task }) => {
  const tensors = file({
    "model.diffusion_model.": ldmUnet({ ...sd1Unet, inChannels }),
    "cond_stage_model.transformer.": clipL(),
    ...vae,
  });
  const { checkpoint } = await readSingleFile("model.safetensors", { tensors, metadata: {} }, {});
  expect(checkpoint).toMatchObject({ family: "sd1", task, prediction: "epsilon" });
  expect(checkpoint.networks.unet.config.in_channels).toBe(inChannels);
});

test("readSingleFile() takes prediction and zero SNR from marker tensors when an SDXL file has them", async () => {
  const markers: Listing = [
    ["v_pred", []],
    ["ztsnr", []],
  ];
  const tensors = new Map([...models[2].tensors, ...file({ "": markers })]);
  const { checkpoint } = await readSingleFile("model.safetensors", { tensors, metadata: {} }, {});
  expect(checkpoint.scheduler).toMatchObject({
    prediction_type: "v_prediction",
    rescale_betas_zero_snr: true,
    timestep_spacing: "trailing",
  });
  expect(checkpoint.unused).toEqual(["v_pred", "ztsnr"]);
});

test("readSingleFile() takes the prediction from metadata when SD 2 shapes leave it open", async () => {
  for (const [key, value, prediction] of [
    ["modelspec.prediction_type", "v", "v_prediction"],
    ["global_step", "875000", "epsilon"],
    ["global_step", "110000", "v_prediction"],
  ]) {
    const { checkpoint } = await readSingleFile(
      "model.safetensors",
      { tensors: models[1].tensors, metadata: { [key]: value } },
      {},
    );
    expect(checkpoint.prediction, `${key}=${value}`).toBe(prediction);
    expect(checkpoint.scheduler.prediction_type).toBe(prediction);
  }
});

test("readSingleFile() reports what is missing when a tensor is gone", async () => {
  const tensors = new Map(models[0].tensors);
  tensors.delete("model.diffusion_model.middle_block.1.transformer_blocks.0.attn2.to_v.weight");
  const { missing } = await readSingleFile("model.safetensors", { tensors, metadata: {} }, {});
  expect(missing.get("unet")).toEqual(["mid_block.attentions.0.transformer_blocks.0.attn2.to_v.weight"]);
});
