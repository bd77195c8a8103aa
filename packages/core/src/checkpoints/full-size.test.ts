// The published models at full size, without weights: names and shapes follow from the original code's settings, so
// listings made from those settings must come out as the published configurations and parameter counts.

import { expect, test } from "vitest";
import type { StoredTensor } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import { readSingleFile } from "./single-file.ts";

type Listing = [name: string, dims: number[]][];

interface UnetSettings {
  inChannels: number;
  channels: number;
  multipliers: number[];
  /** Transformer blocks per level; 0 where there is no attention. */
  depths: number[];
  middleDepth: number;
  context: number;
  linear: boolean;
  labels?: number;
}

const norm = (path: string, width: number): Listing => [
  [`${path}.weight`, [width]],
  [`${path}.bias`, [width]],
];
const linear = (path: string, out: number, into: number): Listing => [
  [`${path}.weight`, [out, into]],
  [`${path}.bias`, [out]],
];
const conv = (path: string, out: number, into: number, size = 3): Listing => [
  [`${path}.weight`, [out, into, size, size]],
  [`${path}.bias`, [out]],
];

/** openaimodel.py's UNetModel with two residual blocks a level, as SD 1, SD 2 and SDXL have. */
function ldmUnet({
  inChannels,
  channels,
  multipliers,
  depths,
  middleDepth,
  context,
  linear: isLinear,
  labels,
}: UnetSettings): Listing {
  const time = 4 * channels;
  const resnet = (path: string, into: number, out: number): Listing => [
    ...norm(`${path}.in_layers.0`, into),
    ...conv(`${path}.in_layers.2`, out, into),
    ...linear(`${path}.emb_layers.1`, out, time),
    ...norm(`${path}.out_layers.0`, out),
    ...conv(`${path}.out_layers.3`, out, out),
    ...(into === out ? [] : conv(`${path}.skip_connection`, out, into, 1)),
  ];
  const attention = (path: string, width: number, source: number): Listing => [
    [`${path}.to_q.weight`, [width, width]],
    [`${path}.to_k.weight`, [width, source]],
    [`${path}.to_v.weight`, [width, source]],
    ...linear(`${path}.to_out.0`, width, width),
  ];
  const projection = (path: string, width: number) =>
    isLinear ? linear(path, width, width) : conv(path, width, width, 1);
  const transformer = (path: string, width: number, depth: number): Listing => [
    ...norm(`${path}.norm`, width),
    ...projection(`${path}.proj_in`, width),
    ...Array.from({ length: depth }, (_, i) => `${path}.transformer_blocks.${i}`).flatMap((block) => [
      ...attention(`${block}.attn1`, width, width),
      ...attention(`${block}.attn2`, width, context),
      ...linear(`${block}.ff.net.0.proj`, 8 * width, width),
      ...linear(`${block}.ff.net.2`, width, 4 * width),
      ...["norm1", "norm2", "norm3"].flatMap((name) => norm(`${block}.${name}`, width)),
    ]),
    ...projection(`${path}.proj_out`, width),
  ];

  const list: Listing = [...linear("time_embed.0", time, channels), ...linear("time_embed.2", time, time)];
  if (labels !== undefined) list.push(...linear("label_emb.0.0", time, labels), ...linear("label_emb.0.2", time, time));
  list.push(...conv("input_blocks.0.0", channels, inChannels));
  let width = channels;
  const skips = [width];
  let block = 1;
  const last = multipliers.length - 1;
  for (const [level, multiplier] of multipliers.entries()) {
    for (let i = 0; i < 2; i++, block++) {
      list.push(...resnet(`input_blocks.${block}.0`, width, channels * multiplier));
      width = channels * multiplier;
      if (depths[level] > 0) list.push(...transformer(`input_blocks.${block}.1`, width, depths[level]));
      skips.push(width);
    }
    if (level < last) {
      list.push(...conv(`input_blocks.${block++}.0.op`, width, width));
      skips.push(width);
    }
  }
  list.push(
    ...resnet("middle_block.0", width, width),
    ...transformer("middle_block.1", width, middleDepth),
    ...resnet("middle_block.2", width, width),
  );
  block = 0;
  for (let level = last; level >= 0; level--) {
    for (let i = 0; i < 3; i++, block++) {
      list.push(...resnet(`output_blocks.${block}.0`, width + skips.pop()!, channels * multipliers[level]));
      width = channels * multipliers[level];
      if (depths[level] > 0) list.push(...transformer(`output_blocks.${block}.1`, width, depths[level]));
      if (level > 0 && i === 2)
        list.push(...conv(`output_blocks.${block}.${depths[level] > 0 ? 2 : 1}.conv`, width, width));
    }
  }
  return [...list, ...norm("out.0", channels), ...conv("out.2", 4, channels)];
}

/** The KL autoencoder f8 of all families: 128 channels × 1, 2, 4, 4. */
function ldmVae(): Listing {
  const widths = [128, 256, 512, 512];
  const resnet = (path: string, into: number, out: number): Listing => [
    ...norm(`${path}.norm1`, into),
    ...conv(`${path}.conv1`, out, into),
    ...norm(`${path}.norm2`, out),
    ...conv(`${path}.conv2`, out, out),
    ...(into === out ? [] : conv(`${path}.nin_shortcut`, out, into, 1)),
  ];
  const middle = (path: string): Listing => [
    ...resnet(`${path}.block_1`, 512, 512),
    ...norm(`${path}.attn_1.norm`, 512),
    ...["q", "k", "v", "proj_out"].flatMap((name) => conv(`${path}.attn_1.${name}`, 512, 512, 1)),
    ...resnet(`${path}.block_2`, 512, 512),
  ];
  const list: Listing = [...conv("encoder.conv_in", 128, 3)];
  let width = 128;
  for (const [level, out] of widths.entries()) {
    for (let i = 0; i < 2; i++, width = out) list.push(...resnet(`encoder.down.${level}.block.${i}`, width, out));
    if (level < 3) list.push(...conv(`encoder.down.${level}.downsample.conv`, out, out));
  }
  list.push(...middle("encoder.mid"), ...norm("encoder.norm_out", 512), ...conv("encoder.conv_out", 8, 512));
  list.push(...conv("decoder.conv_in", 512, 4), ...middle("decoder.mid"));
  for (let level = 3; level >= 0; level--) {
    for (let i = 0; i < 3; i++, width = widths[level])
      list.push(...resnet(`decoder.up.${level}.block.${i}`, width, widths[level]));
    if (level > 0) list.push(...conv(`decoder.up.${level}.upsample.conv`, width, width));
  }
  list.push(...norm("decoder.norm_out", 128), ...conv("decoder.conv_out", 3, 128));
  return [...list, ...conv("quant_conv", 8, 8, 1), ...conv("post_quant_conv", 4, 4, 1)];
}

/** transformers' CLIPTextModel of ViT-L/14. */
function clipL(): Listing {
  return [
    ["text_model.embeddings.position_ids", [1, 77]],
    ["text_model.embeddings.token_embedding.weight", [49408, 768]],
    ["text_model.embeddings.position_embedding.weight", [77, 768]],
    ...Array.from({ length: 12 }, (_, i) => `text_model.encoder.layers.${i}`).flatMap((layer) => [
      ...["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((name) => linear(`${layer}.self_attn.${name}`, 768, 768)),
      ...norm(`${layer}.layer_norm1`, 768),
      ...norm(`${layer}.layer_norm2`, 768),
      ...linear(`${layer}.mlp.fc1`, 3072, 768),
      ...linear(`${layer}.mlp.fc2`, 768, 3072),
    ]),
    ...norm("text_model.final_layer_norm", 768),
  ];
}

/** open_clip's text tower. */
function openClip({ width, layers }: { width: number; layers: number }): Listing {
  return [
    ["positional_embedding", [77, width]],
    ["token_embedding.weight", [49408, width]],
    ["text_projection", [width, width]],
    ["logit_scale", []],
    ...Array.from({ length: layers }, (_, i) => `transformer.resblocks.${i}`).flatMap((layer): Listing => [
      [`${layer}.attn.in_proj_weight`, [3 * width, width]],
      [`${layer}.attn.in_proj_bias`, [3 * width]],
      ...linear(`${layer}.attn.out_proj`, width, width),
      ...norm(`${layer}.ln_1`, width),
      ...norm(`${layer}.ln_2`, width),
      ...linear(`${layer}.mlp.c_fc`, 4 * width, width),
      ...linear(`${layer}.mlp.c_proj`, width, 4 * width),
    ]),
    ...norm("ln_final", width),
  ];
}

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

const sd1Unet = {
  inChannels: 4,
  channels: 320,
  multipliers: [1, 2, 4, 4],
  depths: [1, 1, 1, 0],
  middleDepth: 1,
  context: 768,
  linear: false,
};
const sd2Unet = { ...sd1Unet, context: 1024, linear: true };
const sdxlUnet = {
  inChannels: 4,
  channels: 320,
  multipliers: [1, 2, 4],
  depths: [0, 2, 10],
  middleDepth: 10,
  context: 2048,
  linear: true,
  labels: 2816,
};
const refinerUnet = {
  inChannels: 4,
  channels: 384,
  multipliers: [1, 2, 4, 4],
  depths: [0, 4, 4, 0],
  middleDepth: 4,
  context: 1280,
  linear: true,
  labels: 2560,
};
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
