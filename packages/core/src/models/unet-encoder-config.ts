// The half of a published config.json that UNets and ControlNets share → UNetEncoderConfig.

import type { ConfigReader, PublishedConfig } from "./config.ts";
import type { UNetEncoderConfig, UNetLevel } from "./unet-encoder.ts";

/** Options that exist in diffusers and have one form here. */
export const plainUNetFields: Readonly<Record<string, readonly unknown[]>> = {
  act_fn: ["silu", "swish"],
  attention_type: ["default"],
  center_input_sample: [false],
  class_embeddings_concat: [false],
  class_embed_type: [],
  conv_in_kernel: [3],
  conv_out_kernel: [3],
  cross_attention_norm: [],
  dual_cross_attention: [false],
  encoder_hid_dim: [],
  encoder_hid_dim_type: [],
  mid_block_only_cross_attention: [false],
  mid_block_scale_factor: [1],
  downsample_padding: [1],
  resnet_out_scale_factor: [1],
  resnet_skip_time_act: [false],
  resnet_time_scale_shift: ["default"],
  reverse_transformer_layers_per_block: [],
  time_embedding_act_fn: [],
  time_embedding_type: ["positional"],
  timestep_post_act: [],
};

/** The sizes that `published`, read by `read`, gives the way down. Throws Error that names a field this implementation does not have. */
export function unetEncoderConfig(published: PublishedConfig, read: ConfigReader): UNetEncoderConfig {
  for (const [key, allowed] of Object.entries(plainUNetFields)) read.only(key, ...allowed);

  const features = read.numbers("block_out_channels");
  const types = read.strings("down_block_types");
  const count = features.length;
  if (types.length !== count)
    throw new Error(`Cannot build ${read.className}: ${types.length} down blocks (${count} are wanted)`);
  const resnets = read.perBlock("layers_per_block", count, 2);
  const blocks = read.perBlock("transformer_layers_per_block", count, 1);
  // The field called attention_head_dim has always held the number of heads in these models (diffusers issue 2011).
  const heads = read.perBlock(read.has("num_attention_heads") ? "num_attention_heads" : "attention_head_dim", count, 8);
  const onlyCross = Array.isArray(published.only_cross_attention)
    ? (published.only_cross_attention as boolean[])
    : new Array<boolean>(count).fill(read.boolean("only_cross_attention", false));
  const levels = features.map((width, i): UNetLevel => {
    const isCrossed = attends(read, types[i], ["DownBlock2D", "CrossAttnDownBlock2D"]);
    return {
      features: width,
      resnets: resnets[i],
      ...(isCrossed && { transformer: { heads: heads[i], blocks: blocks[i], onlyCross: onlyCross[i] } }),
    };
  });

  const middle = read.oneOf("mid_block_type", ["UNetMidBlock2DCrossAttn", "UNetMidBlock2D"], "UNetMidBlock2DCrossAttn");
  const cosineFirst = read.boolean("flip_sin_to_cos", true);
  const contextWidth = read.perBlock("cross_attention_dim", count, 1280);
  if (contextWidth.some((width) => width !== contextWidth[0]))
    throw new Error(`Cannot build ${read.className}: cross_attention_dim is [${contextWidth}] (one width is wanted)`);
  const addition = read.has("addition_embed_type")
    ? read.oneOf("addition_embed_type", ["text", "text_time"])
    : undefined;

  return {
    inChannels: read.number("in_channels", 4),
    levels,
    middle:
      middle === "UNetMidBlock2DCrossAttn"
        ? { heads: heads.at(-1)!, blocks: blocks.at(-1)!, onlyCross: false }
        : undefined,
    contextWidth: contextWidth[0],
    groups: read.number("norm_num_groups", 32),
    epsilon: read.number("norm_eps", 1e-5),
    timeCode: { width: features[0], cosineFirst, shift: read.number("freq_shift", 0) },
    timeWidth: read.number("time_embedding_dim", features[0] * 4),
    ...(addition === "text" && { textPooling: { heads: read.number("addition_embed_type_num_heads", 64) } }),
    ...(addition === "text_time" && {
      textTime: {
        sizeCodeWidth: read.number("addition_time_embed_dim"),
        width: read.number("projection_class_embeddings_input_dim"),
      },
    }),
    ...(read.has("num_class_embeds") && { classes: read.number("num_class_embeds") }),
    ...(read.has("time_cond_proj_dim") && { guidanceCodeWidth: read.number("time_cond_proj_dim") }),
  };
}

/** Whether a block of this type attends to the text. Throws Error when it is neither of the two. */
export function attends(read: ConfigReader, type: string, [plain, crossed]: readonly [string, string]): boolean {
  if (type !== plain && type !== crossed)
    throw new Error(`Cannot build ${read.className}: block type "${type}" ("${plain}" or "${crossed}" is wanted)`);
  return type === crossed;
}
