// A checkpoint with adapters in its weights, as a new checkpoint. Weights pass through in runs of some megabytes; those that
// change are computed one at a time.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { layoutOf } from "../checkpoints/convert.ts";
import type { ConvertOptions } from "../checkpoints/convert.ts";
import { saveDiffusersFolder } from "../checkpoints/save/diffusers-folder.ts";
import { modelToSave } from "../checkpoints/save/model-to-save.ts";
import { saveSingleFile } from "../checkpoints/save/single-file.ts";
import type { WeightType } from "../checkpoints/save/stored-copies.ts";
import type { AdapterComponent } from "./adapter.ts";
import { changedTensors, changesOf } from "./merge-adapters.ts";
import type { WeighedAdapter } from "./merge-adapters.ts";

/**
 * Writes `checkpoint` with `adapters` to `path`: a .safetensors file or a diffusers folder, whole or not at all. Changed weights
 * keep their element type, or are of `type` like all others where that is given.
 */
export async function mergeIntoCheckpoint(
  checkpoint: Checkpoint,
  adapters: readonly WeighedAdapter[],
  path: string,
  { layout = layoutOf(path), type, signal }: ConvertOptions = {},
): Promise<void> {
  const model = await modelToSave(checkpoint, type);
  const networks = new Map(model.networks);
  for (const component of ["unet", "textEncoder", "textEncoder2"] satisfies AdapterComponent[]) {
    const network = networks.get(component);
    if (network === undefined) continue;
    const { tensors: stored } = checkpoint.networks[component]!;
    const changes = changesOf(component, adapters, checkpoint.networks);
    const tensors = new Map(network.tensors);
    for (const [parameter, own] of changes) {
      const kept = network.tensors.get(parameter)!.type;
      const [[, changed]] = changedTensors(stored, new Map([[parameter, own]]), {
        type: floatTypes.has(kept) ? (kept as WeightType) : "F32",
        signal,
      });
      tensors.set(parameter, changed);
    }
    networks.set(component, { ...network, tensors });
  }
  await (layout === "diffusers" ? saveDiffusersFolder : saveSingleFile)(path, { ...model, networks }, { signal });
}

const floatTypes = new Set<string>(["F32", "F16", "BF16"] satisfies WeightType[]);
