// ControlNetModel's config.json → ControlNetConfig.

import { ConfigReader } from "./config.ts";
import type { PublishedConfig } from "./config.ts";
import type { ControlNetConfig } from "./controlnet.ts";
import { unetEncoderConfig } from "./unet-encoder-config.ts";

/** The ControlNet a published config.json describes. Throws Error that names a field this implementation does not have. */
export function controlNetConfig(published: PublishedConfig): ControlNetConfig {
  const read = new ConfigReader(published, "ControlNetModel");
  return {
    ...unetEncoderConfig(published, read),
    pictureChannels: read.number("conditioning_channels", 3),
    pictureFeatures: read.numbers("conditioning_embedding_out_channels", [16, 32, 96, 256]),
    blueFirst: read.oneOf("controlnet_conditioning_channel_order", ["rgb", "bgr"], "rgb") === "bgr",
    globalPool: read.boolean("global_pool_conditions", false),
  };
}
