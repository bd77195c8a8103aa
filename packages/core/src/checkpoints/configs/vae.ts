// AutoencoderKL's config.json from the names and shapes of its tensors.

import type { StoredTensors } from "../../tensor/stored.ts";
import type { ModelFamily } from "../checkpoint.ts";
import { childCount, hasChild } from "../names/children.ts";
import { cannotDerive } from "./cannot-derive.ts";
import { weightSizes } from "./weight-sizes.ts";

const groups = 32;

/** 1 / standard deviation of the latents, and the training image size, of each family's published autoencoder. */
const published: Readonly<Record<ModelFamily, { scaling_factor: number; sample_size: number }>> = {
  sd1: { scaling_factor: 0.18215, sample_size: 512 },
  sd2: { scaling_factor: 0.18215, sample_size: 768 },
  sdxl: { scaling_factor: 0.13025, sample_size: 1024 },
  "sdxl-refiner": { scaling_factor: 0.13025, sample_size: 1024 },
};

/** The config.json of the autoencoder that `tensors` (published names) belong to. Throws when they do not determine one. */
export function vaeConfig(tensors: StoredTensors, family: ModelFamily): Record<string, unknown> {
  const names = [...tensors.keys()];
  const dims = weightSizes(tensors, "the autoencoder");
  const levels = childCount(names, "encoder.down_blocks");
  const counting = Array.from({ length: levels }, (_, level) => level);
  const blockOutChannels = counting.map((level) => dims(`encoder.down_blocks.${level}.resnets.0.conv1.weight`)[0]);
  const odd = blockOutChannels.find((channels) => channels % groups !== 0);
  if (odd !== undefined)
    throw cannotDerive(
      "the autoencoder",
      `a block has ${odd} channels, which ${groups} normalisation groups do not divide`,
    );
  const type = (path: string, plain: string, attention: string) =>
    hasChild(names, `${path}.attentions`) ? attention : plain;
  return {
    _class_name: "AutoencoderKL",
    act_fn: "silu",
    block_out_channels: blockOutChannels,
    down_block_types: counting.map((level) =>
      type(`encoder.down_blocks.${level}`, "DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
    ),
    force_upcast: true,
    in_channels: dims("encoder.conv_in.weight")[1],
    latent_channels: dims("decoder.conv_in.weight")[1],
    latents_mean: null,
    latents_std: null,
    layers_per_block: childCount(names, "encoder.down_blocks.0.resnets"),
    mid_block_add_attention: hasChild(names, "encoder.mid_block.attentions"),
    norm_num_groups: groups,
    out_channels: dims("decoder.conv_out.weight")[0],
    ...published[family],
    shift_factor: null,
    up_block_types: counting.map((level) =>
      type(`decoder.up_blocks.${level}`, "UpDecoderBlock2D", "AttnUpDecoderBlock2D"),
    ),
    use_post_quant_conv: hasChild(names, "post_quant_conv"),
    use_quant_conv: hasChild(names, "quant_conv"),
  };
}
