// ControlNetModel's config.json from the names and shapes of its tensors.

import type { StoredTensors } from "../../tensor/stored.ts";
import { detectFamily } from "../detect.ts";
import { childCount } from "../names/children.ts";
import { cannotDerive } from "./cannot-derive.ts";
import { unetEncoderConfig } from "./unet.ts";

/** The config.json of the ControlNet that `tensors` (published names) belong to. Throws when they do not determine one. */
export function controlNetConfig(tensors: StoredTensors): Record<string, unknown> {
  const width = (name: string) => {
    const stored = tensors.get(`controlnet_cond_embedding.${name}.weight`);
    if (stored === undefined) throw cannotDerive("the ControlNet", `it has no "controlnet_cond_embedding.${name}"`);
    return stored.dims;
  };
  const [first, pictureChannels] = width("conv_in");
  const blocks = childCount(tensors.keys(), "controlnet_cond_embedding.blocks");
  const wider = Array.from({ length: Math.floor(blocks / 2) }, (_, i) => width(`blocks.${2 * i + 1}`)[0]);
  return {
    _class_name: "ControlNetModel",
    ...unetEncoderConfig(tensors, { family: detectFamily(tensors, new Set(["textEncoder"])) }),
    conditioning_channels: pictureChannels,
    conditioning_embedding_out_channels: [first, ...wider],
    controlnet_conditioning_channel_order: "rgb",
    global_pool_conditions: false,
  };
}
