// config.json of a ControlNet that is made from a UNet.

import type { PublishedConfig } from "../../models/config.ts";
import { ofClass } from "./published-configs.ts";

/** The UNet's fields that its copy shares, by diffusers' names. */
const shared = [
  "act_fn",
  "addition_embed_type",
  "addition_embed_type_num_heads",
  "addition_time_embed_dim",
  "attention_head_dim",
  "block_out_channels",
  "class_embed_type",
  "cross_attention_dim",
  "down_block_types",
  "downsample_padding",
  "encoder_hid_dim",
  "encoder_hid_dim_type",
  "flip_sin_to_cos",
  "freq_shift",
  "in_channels",
  "layers_per_block",
  "mid_block_scale_factor",
  "mid_block_type",
  "norm_eps",
  "norm_num_groups",
  "num_attention_heads",
  "num_class_embeds",
  "only_cross_attention",
  "projection_class_embeddings_input_dim",
  "resnet_time_scale_shift",
  "transformer_layers_per_block",
  "upcast_attention",
  "use_linear_projection",
];

/** diffusers' ControlNetModel for the UNet `unet`, with these widths on the picture's way to the latents' size. */
export const controlNetPublished = (unet: PublishedConfig, pictureFeatures: readonly number[]): PublishedConfig => ({
  ...ofClass("ControlNetModel"),
  ...Object.fromEntries(shared.filter((key) => Object.hasOwn(unet, key)).map((key) => [key, unet[key]])),
  conditioning_channels: 3,
  conditioning_embedding_out_channels: pictureFeatures,
  controlnet_conditioning_channel_order: "rgb",
  global_pool_conditions: false,
});
