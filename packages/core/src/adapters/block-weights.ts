// Weights per block of the UNet, in the numbers that A1111's "LoRA Block Weight" extension takes ("lbw"): one for BASE (the
// text encoders, and what of the UNet lies outside blocks), then one for each block of the original code that is listed.
// https://github.com/hako-mikan/sd-webui-lora-block-weight

import { allBlocks, blockRange, unetBlocks } from "../checkpoints/names/unet-blocks.ts";
import type { Adapter, AdapterModule } from "./adapter.ts";
import type { AdaptedNetworks } from "./names/model-modules.ts";

/** The blocks of each list, by how many numbers it has: all of SD 1 and 2 or SDXL, or those with attention. */
export const blockLayouts: Readonly<Record<number, readonly string[]>> = {
  ...allBlocks,
  17: ["BASE", "IN01", "IN02", "IN04", "IN05", "IN07", "IN08", "MID", ...blockRange("OUT", 3, 11)],
  12: ["BASE", "IN04", "IN05", "IN07", "IN08", "MID", ...blockRange("OUT", 0, 5)],
};

/**
 * The factor of each module of `adapter` in a model with `networks`. Throws RangeError when there is no layout with so many
 * numbers, or when the adapter changes a block that the layout leaves out.
 */
export function blockFactors(
  weights: readonly number[],
  adapter: Adapter,
  networks: AdaptedNetworks,
): (module: AdapterModule) => number {
  const layout = Object.hasOwn(blockLayouts, weights.length) ? blockLayouts[weights.length] : undefined;
  if (layout === undefined || !weights.every(Number.isFinite)) {
    throw new RangeError(
      `Cannot weigh the blocks of "${adapter.source}": ${weights.length} weights (17 or 26 for SD 1 and 2, 12 or 20 for SDXL are wanted)`,
    );
  }
  const blockOf = unetBlocks(networks.unet?.tensors.keys() ?? []);
  return ({ component, parameter }) => {
    const block = component === "unet" ? blockOf(parameter) : "BASE";
    const index = layout.indexOf(block);
    if (index < 0) {
      throw new RangeError(
        `Cannot weigh the blocks of "${adapter.source}": it changes ${block}, which ${weights.length} weights leave out (${layout.join(", ")})`,
      );
    }
    return weights[index];
  };
}
