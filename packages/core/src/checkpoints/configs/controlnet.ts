// ControlNetModel's config.json from the names and shapes of its tensors.

import type { StoredTensors } from "../../tensor/stored.ts";
import { detectFamily } from "../detect.ts";
import { childCount } from "../names/children.ts";
import { unetEncoderConfig } from "./unet.ts";
import { weightSizes } from "./weight-sizes.ts";

/** The config.json of the ControlNet that `tensors` (published names) belong to. Throws when they do not determine one. */
export function controlNetConfig(tensors: StoredTensors): Record<string, unknown> {
  const sizes = weightSizes(tensors, "the ControlNet");
  const [first, pictureChannels] = sizes("controlnet_cond_embedding.conv_in.weight");
  const blocks = childCount(tensors.keys(), "controlnet_cond_embedding.blocks");
  const wider = Array.from(
    { length: Math.floor(blocks / 2) },
    (_, i) => sizes(`controlnet_cond_embedding.blocks.${2 * i + 1}.weight`)[0],
  );
  return {
    _class_name: "ControlNetModel",
    ...unetEncoderConfig(tensors, { family: detectFamily(tensors, new Set(["textEncoder"])) }),
    conditioning_channels: pictureChannels,
    conditioning_embedding_out_channels: [first, ...wider],
    controlnet_conditioning_channel_order: "rgb",
    global_pool_conditions: false,
  };
}
