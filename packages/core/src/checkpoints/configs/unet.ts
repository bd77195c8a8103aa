// UNet2DConditionModel's config.json from the names and shapes of its tensors. What shapes cannot tell (heads,
// groups) is what every published model of the family has.

import type { StoredTensors } from "../../tensor/stored.ts";
import type { ModelFamily, Prediction } from "../checkpoint.ts";
import { childCount, hasChild } from "../names/children.ts";
import { cannotDerive } from "./cannot-derive.ts";
import { weightSizes } from "./weight-sizes.ts";

const groups = 32;
const headWidth = 64;

/** Latent height of the images the family was trained on. */
const sampleSize = (family: ModelFamily, prediction: Prediction): number =>
  ({ sd1: 64, sd2: prediction === "v_prediction" ? 96 : 64, sdxl: 128, "sdxl-refiner": 128 })[family];

/** Numbers beside the pooled text in the micro-conditioning: sizes, crop and target; the refiner has a score instead of the target's two. */
const sizeConditions: Partial<Record<ModelFamily, number>> = { sdxl: 6, "sdxl-refiner": 5 };

/** What the rest of the checkpoint says about the UNet. */
export interface UnetContext {
  readonly family: ModelFamily;
  readonly prediction: Prediction;
  /** Width of the pooled text embedding (textEncoder2's text_projection), where there is one. */
  readonly pooledWidth?: number;
}

/** The config.json of the UNet that `tensors` (published names) belong to. Throws when they do not determine one. */
export function unetConfig(
  tensors: StoredTensors,
  { family, prediction, pooledWidth }: UnetContext,
): Record<string, unknown> {
  const names = [...tensors.keys()];
  const up = levelDepths(names, "up_blocks", childCount(names, "down_blocks"));
  return {
    _class_name: "UNet2DConditionModel",
    ...unetEncoderConfig(tensors, { family, pooledWidth, up }),
    center_input_sample: false,
    dual_cross_attention: false,
    out_channels: weightSizes(tensors, "the UNet")("conv_out.weight")[0],
    sample_size: sampleSize(family, prediction),
    up_block_types: up.map((depth) => (depth.length > 0 ? "CrossAttnUpBlock2D" : "UpBlock2D")),
  };
}

/** The half of a config.json that UNets and ControlNets share; `up` are the transformer depths of a way up, where there is one. */
export function unetEncoderConfig(
  tensors: StoredTensors,
  {
    family,
    pooledWidth = 1280,
    up = [],
  }: { family: ModelFamily; pooledWidth?: number; up?: readonly (readonly number[])[] },
): Record<string, unknown> {
  const names = [...tensors.keys()];
  const dims = weightSizes(tensors, "the UNet");

  const levels = childCount(names, "down_blocks");
  if (levels === 0) throw cannotDerive("the UNet", 'it has no "down_blocks.0"');
  const counting = Array.from({ length: levels }, (_, level) => level);
  const blockOutChannels = counting.map((level) => dims(`down_blocks.${level}.resnets.0.conv1.weight`)[0]);
  const odd = blockOutChannels.find((channels) => channels % groups !== 0);
  if (odd !== undefined)
    throw cannotDerive("the UNet", `a block has ${odd} channels, which ${groups} normalisation groups do not divide`);
  const layersPerBlock = counting.map((level) => childCount(names, `down_blocks.${level}.resnets`));

  const down = levelDepths(names, "down_blocks", levels);
  const mid = depths(names, "mid_block");
  const inputDims = dims("conv_in.weight");
  const keyWeight = names.find((name) => name.endsWith(".attn2.to_k.weight"));
  const projection = names.find((name) => name.endsWith(".proj_in.weight"));
  if (keyWeight === undefined || projection === undefined) throw cannotDerive("the UNet", "it has no cross-attention");
  const selfKeys = names.filter((name) => name.endsWith(".attn1.to_k.weight"));
  if (selfKeys.some((name) => dims(name)[0] !== dims(name)[1]))
    throw cannotDerive("the UNet", "its self-attention reads the text");

  return {
    act_fn: "silu",
    ...labelConfig(tensors, { family, pooledWidth }),
    attention_head_dim: family === "sd1" ? 8 : blockOutChannels.map((channels) => headCount(channels)), // counts of heads, despite the name
    block_out_channels: blockOutChannels,
    cross_attention_dim: dims(keyWeight)[1],
    down_block_types: down.map((depth) => (depth.length > 0 ? "CrossAttnDownBlock2D" : "DownBlock2D")),
    downsample_padding: 1,
    flip_sin_to_cos: true,
    freq_shift: 0,
    in_channels: inputDims[1],
    layers_per_block: uniform(layersPerBlock),
    mid_block_scale_factor: 1,
    mid_block_type: mid.length > 0 ? "UNetMidBlock2DCrossAttn" : hasChild(names, "mid_block") ? "UNetMidBlock2D" : null,
    norm_eps: 1e-5,
    norm_num_groups: groups,
    only_cross_attention: false,
    resnet_time_scale_shift: "default",
    time_cond_proj_dim: tensors.has("time_embedding.cond_proj.weight")
      ? dims("time_embedding.cond_proj.weight")[1]
      : null,
    ...transformerDepths({ down, mid, up }),
    upcast_attention: family === "sd2",
    use_linear_projection: dims(projection).length === 2,
  };
}

function headCount(channels: number): number {
  if (channels % headWidth !== 0)
    throw cannotDerive("the UNet", `a block has ${channels} channels, which is no multiple of ${headWidth}-wide heads`);
  return channels / headWidth;
}

/** The depths of each of a list's `levels` blocks. */
const levelDepths = (names: readonly string[], list: string, levels: number): number[][] =>
  Array.from({ length: levels }, (_, level) => depths(names, `${list}.${level}`));

/** How many transformer blocks each attention of a block has; empty for a block without attention. */
function depths(names: readonly string[], block: string): number[] {
  const attentions = childCount(names, `${block}.attentions`);
  return Array.from({ length: attentions }, (_, i) => childCount(names, `${block}.attentions.${i}.transformer_blocks`));
}

/** A list as its single value when all values agree, as published configurations write it. */
function uniform<T>(list: readonly T[]): T | readonly T[] {
  return list.every((value) => value === list[0]) ? list[0] : list;
}

/**
 * transformer_layers_per_block, and its mirror for the up blocks when they are no mirror image. Levels without
 * attention may hold any number: the middle block's below it, else 1; all give way when the others agree.
 */
function transformerDepths({
  down,
  mid,
  up,
}: {
  down: readonly (readonly number[])[];
  mid: readonly number[];
  up: readonly (readonly number[])[];
}): Record<string, unknown> {
  const given = [...down, mid, ...up].flat();
  if (given.every((depth) => depth === given[0])) return { transformer_layers_per_block: given[0] };
  const last = down.length - 1;
  const downDepths = down.map((list, level) => (list.length > 0 ? uniform(list) : level === last ? (mid[0] ?? 1) : 1));
  const lastDepth = [downDepths[last]].flat()[0];
  if (mid.length > 0 && mid[0] !== lastDepth) {
    throw cannotDerive(
      "the UNet",
      `its middle block has ${mid[0]} transformer layers and its deepest level ${lastDepth}`,
    );
  }
  const upDepths = up.map((list, level) => (list.length > 0 ? uniform(list) : downDepths[last - level]));
  const mirrored = upDepths.every((depth, level) => depth === downDepths[last - level]);
  return {
    transformer_layers_per_block: downDepths,
    ...(mirrored ? {} : { reverse_transformer_layers_per_block: upDepths }),
  };
}

function labelConfig(
  tensors: StoredTensors,
  { family, pooledWidth }: { family: ModelFamily; pooledWidth: number },
): Record<string, unknown> {
  const none = {
    addition_embed_type: null,
    addition_time_embed_dim: null,
    class_embed_type: null,
    num_class_embeds: null,
    projection_class_embeddings_input_dim: null,
  };
  const dims = weightSizes(tensors, "the UNet");
  if (tensors.has("add_embedding.linear_1.weight")) {
    const [, added] = dims("add_embedding.linear_1.weight");
    const timeWidth = (added - pooledWidth) / (sizeConditions[family] ?? 6);
    if (!Number.isInteger(timeWidth) || timeWidth <= 0) {
      throw cannotDerive("the UNet", `its added embedding takes ${added} numbers, ${pooledWidth} of them pooled text`);
    }
    return {
      ...none,
      addition_embed_type: "text_time",
      addition_time_embed_dim: timeWidth,
      projection_class_embeddings_input_dim: added,
    };
  }
  if (tensors.has("class_embedding.linear_1.weight")) {
    const [, projected] = dims("class_embedding.linear_1.weight");
    return { ...none, class_embed_type: "projection", projection_class_embeddings_input_dim: projected };
  }
  return tensors.has("class_embedding.weight")
    ? { ...none, num_class_embeds: dims("class_embedding.weight")[0] }
    : none;
}
