// config.json of a UNet2DConditionModel with K-blocks → KUNetConfig.

import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";
import type { KUNetConfig } from "./k-unet.ts";
import type { UNetLevel } from "./unet-encoder.ts";
import { attends, plainUNetFields } from "./unet-encoder-config.ts";

/** Options that exist in diffusers and have one form in UNets with these blocks. */
const fixed: Readonly<Record<string, readonly unknown[]>> = {
  ...plainUNetFields,
  act_fn: ["gelu"],
  addition_embed_type: [],
  conv_in_kernel: [1],
  conv_out_kernel: [1],
  // Their own are always so.
  cross_attention_norm: ["layer_norm"],
  resnet_time_scale_shift: ["default", "scale_shift"],
  mid_block_type: [],
  norm_num_groups: [],
  num_attention_heads: [],
  num_class_embeds: [],
  only_cross_attention: [false],
  time_embedding_type: ["fourier"],
  timestep_post_act: ["gelu"],
  upcast_attention: [false],
};

/** What has to be said, because left out it means something else. */
const said = ["act_fn", "conv_in_kernel", "conv_out_kernel", "time_embedding_type", "timestep_post_act"];

/** Whether a published UNet has these blocks. */
export const hasKBlocks = ({ down_block_types: types }: PublishedConfig): boolean =>
  Array.isArray(types) && types.some((type) => typeof type === "string" && /^K[A-Z]/.test(type));

/** The UNet a published config.json describes. Throws Error that names a field this implementation does not have. */
export function kUnetConfig(published: PublishedConfig): KUNetConfig {
  const read = new ConfigReader(published, "UNet2DConditionModel of K-blocks");
  const refuse = (what: string, wanted: string): never => {
    throw new Error(`Cannot build ${read.className}: ${what} (${wanted})`);
  };
  for (const [key, allowed] of Object.entries(fixed)) read.only(key, ...allowed);
  for (const key of said) if (!read.has(key)) refuse(`no ${key}`, `${JSON.stringify(fixed[key][0])} is wanted`);
  for (const key of ["mid_block_type", "norm_num_groups"])
    if (published[key] === undefined) refuse(`no ${key}`, "null is wanted");

  const features = read.numbers("block_out_channels");
  const count = features.length;
  const [down, up] = [read.strings("down_block_types"), read.strings("up_block_types")];
  if (down.length !== count || up.length !== count)
    refuse(`${down.length} down and ${up.length} up blocks`, `${count} of each are wanted`);
  const resnets = read.perBlock("layers_per_block", count, 2);
  const headWidth = read.number("attention_head_dim", 8);
  const levels = features.map((width, i): UNetLevel => {
    const isCrossed = attends(read, down[i], ["KDownBlock2D", "KCrossAttnDownBlock2D"]);
    if (attends(read, up[count - 1 - i], ["KUpBlock2D", "KCrossAttnUpBlock2D"]) !== isCrossed)
      refuse(`level ${i} attends on one side only`, "both or none are wanted");
    if (isCrossed !== i > 0) refuse(`level ${i} is of "${down[i]}"`, "all levels but the first attend");
    const transformer = { heads: Math.floor(width / headWidth), blocks: 1, onlyCross: false };
    return { features: width, resnets: resnets[i], ...(isCrossed && { transformer }) };
  });
  const timeWidth = read.number("time_embedding_dim", features[0] * 2);
  // How diffusers knows the block that the way up begins with: only there are the channels in, out and of the embedding the same.
  const ends = features.flatMap((width, i) => (i > 0 && width === timeWidth && features[i - 1] === width ? [i] : []));
  if (ends.length !== 1 || ends[0] !== count - 1)
    refuse(
      `levels of ${features.join(", ")} channels, embeddings of ${timeWidth}`,
      "the last two levels as wide as these",
    );

  const contextWidth = read.number("cross_attention_dim", 1280);
  const conditionWidth = read.number("time_cond_proj_dim");
  if (conditionWidth <= contextWidth || (conditionWidth - contextWidth) % 2 !== 0)
    refuse(`time_cond_proj_dim is ${conditionWidth}`, `an even number above ${contextWidth}, the text's, is wanted`);
  const inChannels = read.number("in_channels", 4);
  const madeChannels = read.number("out_channels", 4);
  if (inChannels !== 2 * (madeChannels - 1))
    refuse(
      `${inChannels} channels in and ${madeChannels} out`,
      "latents twice, and latents and a variance, are wanted",
    );
  return {
    inChannels,
    outChannels: madeChannels - 1,
    madeChannels,
    levels,
    middle: undefined,
    headWidth,
    contextWidth,
    conditionWidth,
    groups: 32,
    epsilon: read.number("norm_eps", 1e-5),
    timeCode: { width: timeWidth, cosineFirst: read.boolean("flip_sin_to_cos", true), shift: 0 },
    timeWidth,
  };
}
