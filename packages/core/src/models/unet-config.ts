// UNet2DConditionModel's config.json → UNetConfig.

import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";
import { hasKBlocks, kUnetConfig } from "./k-unet-config.ts";
import { attends, unetEncoderConfig } from "./unet-encoder-config.ts";
import type { UNetConfig } from "./unet.ts";

/** The UNet a published config.json describes. Throws Error that names a field this implementation does not have. */
export function unetConfig(published: PublishedConfig): UNetConfig {
  if (hasKBlocks(published)) return kUnetConfig(published);
  const read = new ConfigReader(published, "UNet2DConditionModel");
  const count = read.numbers("block_out_channels").length;
  const [downTypes, upTypes] = [read.strings("down_block_types"), read.strings("up_block_types")];
  if (downTypes.length !== count || upTypes.length !== count) {
    throw new Error(
      `Cannot build ${read.className}: ${downTypes.length} down and ${upTypes.length} up blocks (${count} of each are wanted)`,
    );
  }
  const encoder = unetEncoderConfig(published, read);
  encoder.levels.forEach(({ transformer }, i) => {
    const up = upTypes[count - 1 - i];
    if (attends(read, up, ["UpBlock2D", "CrossAttnUpBlock2D"]) !== (transformer !== undefined))
      throw new Error(
        `Cannot build ${read.className}: level ${i} attends on one side only ("${downTypes[i]}", "${up}")`,
      );
  });
  return { ...encoder, outChannels: read.number("out_channels", 4) };
}
