// Recipes' sizes as the config.json files that diffusers and transformers publish. Only these say what a network is: the same are
// read back, by us and by others.

import type { ClassColumns, ClassNames } from "../../data/picture-classes.ts";
import type { PublishedConfig } from "../../models/config.ts";
import type { AutoencoderRecipe } from "../recipe/autoencoder.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import type { JudgeRecipe } from "../recipe/judge.ts";

/** diffusers' version whose fields these are. */
const diffusersVersion = "0.35.0";
/** Of diffusers' class `className`. */
export const ofClass = (className: string) => ({ _class_name: className, _diffusers_version: diffusersVersion });

/** AutoencoderKL or VQModel; `scalingFactor` brings latents to unit variance. */
export function autoencoderPublished(
  { size, channels, autoencoder, regularization }: AutoencoderRecipe,
  scalingFactor = 1,
): PublishedConfig {
  const { features, latentChannels, resnets, groups, middleAttention } = autoencoder;
  const towers = {
    act_fn: "silu",
    block_out_channels: features,
    down_block_types: features.map(() => "DownEncoderBlock2D"),
    up_block_types: features.map(() => "UpDecoderBlock2D"),
    in_channels: channels,
    out_channels: channels,
    latent_channels: latentChannels,
    layers_per_block: resnets,
    norm_num_groups: groups,
    mid_block_add_attention: middleAttention,
    sample_size: size,
    scaling_factor: scalingFactor,
  };
  if (regularization.kind === "vq") {
    return {
      ...ofClass("VQModel"),
      ...towers,
      num_vq_embeddings: regularization.codes,
      vq_embed_dim: latentChannels,
      norm_type: "group",
      lookup_from_codebook: false,
    };
  }
  return {
    ...ofClass("AutoencoderKL"),
    ...towers,
    use_quant_conv: true,
    use_post_quant_conv: true,
    force_upcast: false,
  };
}

/** UNet2DConditionModel, for texts of width `contextWidth`. */
export function conditionalUnetPublished(
  { unet }: DiffusionRecipe,
  {
    sampleSize,
    inChannels,
    outChannels,
    contextWidth,
  }: Record<"sampleSize" | "inChannels" | "outChannels" | "contextWidth", number>,
): PublishedConfig {
  const { features, attention, resnets, headWidth, groups, pooledText } = unet;
  return {
    ...ofClass("UNet2DConditionModel"),
    act_fn: "silu",
    sample_size: sampleSize,
    in_channels: inChannels,
    out_channels: outChannels,
    block_out_channels: features,
    down_block_types: attention.map((has) => (has ? "CrossAttnDownBlock2D" : "DownBlock2D")),
    mid_block_type: "UNetMidBlock2DCrossAttn",
    up_block_types: attention.toReversed().map((has) => (has ? "CrossAttnUpBlock2D" : "UpBlock2D")),
    layers_per_block: resnets,
    // The field's name is wrong in all published models: it is the number of heads.
    attention_head_dim: features.map((width) => headsOf(width, headWidth)),
    cross_attention_dim: contextWidth,
    ...(pooledText && {
      addition_embed_type: "text",
      addition_embed_type_num_heads: headsOf(contextWidth, headWidth),
    }),
    norm_num_groups: groups,
    flip_sin_to_cos: true,
    freq_shift: 0,
    center_input_sample: false,
  };
}

/** Heads of `headWidth` in `width` channels; one where there are fewer. */
const headsOf = (width: number, headWidth: number): number => Math.max(1, Math.floor(width / headWidth));

/** UNet2DModel; `classes` are rows of its class table. */
export function plainUnetPublished(
  { unet }: DiffusionRecipe,
  {
    sampleSize,
    inChannels,
    outChannels,
    classes,
  }: Record<"sampleSize" | "inChannels" | "outChannels", number> & {
    classes: number | undefined;
  },
): PublishedConfig {
  const { features, attention, resnets, headWidth, groups } = unet;
  return {
    ...ofClass("UNet2DModel"),
    act_fn: "silu",
    sample_size: sampleSize,
    in_channels: inChannels,
    out_channels: outChannels,
    block_out_channels: features,
    down_block_types: attention.map((has) => (has ? "AttnDownBlock2D" : "DownBlock2D")),
    up_block_types: attention.toReversed().map((has) => (has ? "AttnUpBlock2D" : "UpBlock2D")),
    layers_per_block: resnets,
    // Here the field is what it says: channels of one head.
    attention_head_dim: headWidth,
    norm_num_groups: groups,
    flip_sin_to_cos: true,
    freq_shift: 0,
    center_input_sample: false,
    time_embedding_type: "positional",
    ...(classes !== undefined && { class_embed_type: null, num_class_embeds: classes }),
  };
}

/** DDIMScheduler: how the noise was, and what the network predicts. Pixels are known to lie in [-1,1]. */
export function schedulerPublished({ diffusion, autoencoder }: DiffusionRecipe): PublishedConfig {
  return {
    ...ofClass("DDIMScheduler"),
    num_train_timesteps: diffusion.timesteps,
    beta_schedule: diffusion.betaSchedule,
    beta_start: diffusion.betaStart,
    beta_end: diffusion.betaEnd,
    prediction_type: diffusion.prediction,
    rescale_betas_zero_snr: diffusion.zeroTerminalSnr,
    // With zero terminal SNR the run has to begin at the last level (arXiv 2305.08891, §3.3).
    timestep_spacing: diffusion.zeroTerminalSnr ? "trailing" : "leading",
    steps_offset: diffusion.zeroTerminalSnr ? 0 : 1,
    clip_sample: autoencoder === undefined,
    clip_sample_range: 1,
    set_alpha_to_one: false,
  };
}

/** Ids of the special tokens, and how many there are: the tokenizer's. */
type Vocabulary = Readonly<Record<"vocabulary" | "startId" | "endId" | "padId", number>>;

/** transformers' CLIPModel; beside a locked image tower its CLIPTextModelWithProjection. */
export function clipPublished(recipe: ClipRecipe, vocabulary: Vocabulary): PublishedConfig {
  const { size, vision, text, projection, locked } = recipe;
  const tower = ({
    width,
    layers,
    heads,
    feedForward = 4 * width,
  }: ClipRecipe["text"] | NonNullable<ClipRecipe["vision"]>) => ({
    hidden_size: width,
    intermediate_size: feedForward,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_act: "gelu",
    layer_norm_eps: 1e-5,
    projection_dim: projection,
  });
  const textConfig = {
    model_type: "clip_text_model",
    ...tower(text),
    vocab_size: vocabulary.vocabulary,
    max_position_embeddings: text.tokens,
    bos_token_id: vocabulary.startId,
    eos_token_id: vocabulary.endId,
    pad_token_id: vocabulary.padId,
  };
  if (vision === undefined)
    return {
      architectures: ["CLIPTextModelWithProjection"],
      ...textConfig,
      image_tower: { ...locked!, image_size: size },
    };
  return {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: projection,
    logit_scale_init_value: Math.log(1 / 0.07),
    text_config: textConfig,
    vision_config: {
      model_type: "clip_vision_model",
      ...tower(vision),
      image_size: size,
      patch_size: vision.patch,
      num_channels: 3,
    },
  };
}

/** Our own network, trained. */
export const judgePublished = ({ size, judge, classes }: JudgeRecipe, names: ClassNames): PublishedConfig => ({
  _class_name: "Judge",
  in_channels: 3,
  sample_size: size,
  trunk: "residual",
  stem_stride: judge.stem,
  block_out_channels: judge.features,
  layers_per_block: judge.blocks,
  norm_num_groups: judge.groups,
  ...classesPublished(classes, names),
});

/** Our own network on a trunk that somebody else trained. */
export const fittedJudgePublished = (
  { size, columns }: { readonly size: number; readonly columns: ClassColumns },
  names: ClassNames,
): PublishedConfig => ({
  _class_name: "Judge",
  in_channels: 3,
  sample_size: size,
  trunk: "mobilenet_v2",
  ...classesPublished(columns, names),
});

/** The names of a judge's classes in the order of its scores, and the columns that they are found in. */
const classesPublished = (columns: ClassColumns, { concepts, styles }: ClassNames): PublishedConfig => ({
  num_concepts: concepts.length,
  num_styles: styles.length,
  concepts,
  styles,
  concept_column: columns.concept,
  style_column: columns.style ?? null,
});
