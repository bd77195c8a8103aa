// T2IAdapter's config.json from the names and shapes of its tensors.

import type { StoredTensors } from "../../tensor/stored.ts";
import { childCount } from "../names/children.ts";
import { cannotDerive } from "./cannot-derive.ts";
import { weightSizes } from "./weight-sizes.ts";

/** The config.json of the T2I-Adapter that `tensors` (published names) belong to. Throws when they do not determine one. */
export function t2iAdapterConfig(tensors: StoredTensors): Record<string, unknown> {
  const sizes = weightSizes(tensors, "the T2I-Adapter");
  const dims = (name: string) => sizes(`adapter.${name}.weight`);
  const isLight = tensors.has("adapter.body.0.out_conv.weight");
  const levels = childCount(tensors.keys(), "adapter.body");
  const channels = Array.from({ length: levels }, (_, i) =>
    isLight ? dims(`body.${i}.out_conv`)[0] : dims(`body.${i}.resnets.0.block1`)[0],
  );
  // Squares of 8×8 or of 16×16 pixels, in colours or grey.
  const squares = dims(isLight ? "body.0.in_conv" : "conv_in")[1];
  const found = [8, 16]
    .flatMap((side) => [3, 1].map((colours) => ({ side, colours })))
    .find(({ side, colours }) => squares === colours * side * side);
  if (found === undefined)
    throw cannotDerive("the T2I-Adapter", `it takes ${squares} values, which are no squares of 8×8 or 16×16 pixels`);
  return {
    _class_name: "T2IAdapter",
    adapter_type: isLight ? "light_adapter" : found.side === 16 ? "full_adapter_xl" : "full_adapter",
    channels: isLight ? channels.slice(0, -1) : channels,
    downscale_factor: found.side,
    in_channels: found.colours,
    num_res_blocks: childCount(tensors.keys(), "adapter.body.0.resnets"),
  };
}
