import { expect, test } from "vitest";
import { fileKind } from "./kinds.ts";

test.each([
  [
    "a Stable Diffusion checkpoint",
    ["model.diffusion_model.input_blocks.0.0.weight", "first_stage_model.encoder.conv_in.weight"],
  ],
  ["a Stable Diffusion checkpoint", ["unet.down_blocks.0.resnets.0.conv1.weight", "vae.encoder.conv_in.weight"]],
  ["a Stable Diffusion checkpoint without autoencoder", ["model.diffusion_model.input_blocks.0.0.weight"]],
  [
    "a Stable Video Diffusion model",
    [
      "model.diffusion_model.input_blocks.1.0.time_stack.in_layers.0.weight",
      "first_stage_model.encoder.conv_in.weight",
    ],
  ],
  ["a Flux model", ["double_blocks.0.img_attn.norm.key_norm.scale"]],
  [
    "a Stable Diffusion 3 model",
    [
      "model.diffusion_model.joint_blocks.0.context_block.adaLN_modulation.1.bias",
      "first_stage_model.encoder.conv_in.weight",
    ],
  ],
  ["a LoRA", ["lora_unet_down_blocks_0_attentions_0_proj_in.lora_down.weight"]],
  ["a LoRA", ["unet.down_blocks.0.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight"]],
  ["a LoRA", ["down_blocks.0.attentions.0.transformer_blocks.0.attn1.processor.to_q_lora.down.weight"]],
  ["a LyCORIS adapter", ["lora_unet_mid_block_attentions_0_proj_in.hada_w1_a"]],
  ["a ControlNet", ["controlnet_cond_embedding.conv_in.weight", "down_blocks.0.resnets.0.conv1.weight"]],
  ["a T2I-Adapter", ["adapter.body.0.resnets.0.block1.weight"]],
  ["a textual inversion embedding", ["emb_params"]],
  ["a hypernetwork", ["768.0.linear.0.weight"]],
  ["a tiny autoencoder (TAESD)", ["decoder.layers.10.conv.0.weight"]],
  ["an autoencoder alone", ["encoder.down.0.block.0.conv1.weight"]],
  ["an autoencoder alone", ["encoder.mid_block.attentions.0.to_q.weight"]],
  ["a VQ autoencoder alone", ["encoder.down.0.block.0.conv1.weight", "quantize.embedding.weight"]],
  ["a safety checker", ["vision_model.vision_model.post_layernorm.bias", "concept_embeds"]],
  ["a UNet alone", ["down_blocks.0.resnets.0.conv1.weight"]],
  ["a text encoder alone", ["text_model.encoder.layers.0.mlp.fc1.weight"]],
  ["a text encoder alone", ["encoder.layers.0.self_attn.q_proj.weight"]],
])("fileKind() says %s when the names are %j", (label, names) => {
  expect(fileKind(names)?.label).toBe(label);
});

test("fileKind() says nothing when no name is telling", () => {
  expect(fileKind(["fc.weight"])).toBeUndefined();
  expect(fileKind([])).toBeUndefined();
});
