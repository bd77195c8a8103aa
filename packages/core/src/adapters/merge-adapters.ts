// Adapters added into the weights of a model: W' = W + Σ weight·ΔW, one parameter at a time. Forms that look at W (DoRA, OFT,
// GLoRA, IA³) see it as the adapters before them left it, as in A1111 and ComfyUI, so for them the order counts.

import { withinRange } from "../checkpoints/save/stored-copies.ts";
import type { TypedTensor, WeightType } from "../checkpoints/save/stored-copies.ts";
import { readSafetensorsFile } from "../safetensors/read.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { WriteSafetensorsOptions } from "../safetensors/write.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { Adapter, AdapterComponent, AdapterModule } from "./adapter.ts";
import { blockFactors } from "./block-weights.ts";
import { deltaOf } from "./forms/index.ts";
import type { AdaptedNetworks } from "./names/model-modules.ts";

/** An adapter and how strongly it is applied. */
export interface WeighedAdapter {
  readonly adapter: Adapter;
  /** One weight for all networks, or one for each (0 where it is left out). */
  readonly weight: number | Partial<Record<AdapterComponent, number>>;
  /** Further factors by block of the UNet: 17, 26, 12 or 20 numbers (block-weights.ts). */
  readonly blockWeights?: readonly number[];
}

/** A change of one parameter and its weight. */
export interface WeighedModule {
  readonly source: string;
  readonly module: AdapterModule;
  readonly weight: number;
}

/**
 * The changes of each parameter of `component`, in the order of `adapters`; those of weight 0 are left out. Throws Error when an
 * adapter is there twice or a weight is not finite.
 */
export function changesOf(
  component: AdapterComponent,
  adapters: readonly WeighedAdapter[],
  networks: AdaptedNetworks,
): Map<string, WeighedModule[]> {
  checkDistinct(adapters);
  const changes = new Map<string, WeighedModule[]>();
  for (const { adapter, weight, blockWeights } of adapters) {
    const { source, modules } = adapter;
    const own = typeof weight === "number" ? weight : (weight[component] ?? 0);
    if (!Number.isFinite(own)) throw new RangeError(`Cannot use adapter "${source}": its weight is ${own}`);
    const factor = blockWeights === undefined ? () => 1 : blockFactors(blockWeights, adapter, networks);
    for (const module of modules) {
      if (module.component !== component) continue;
      const weighed = { source, module, weight: own * factor(module) };
      if (weighed.weight === 0) continue;
      changes.set(module.parameter, [...(changes.get(module.parameter) ?? []), weighed]);
    }
  }
  return changes;
}

/** Throws Error when two of `adapters` come from one file. */
function checkDistinct(adapters: readonly WeighedAdapter[]): void {
  const seen = new Set<string>();
  for (const { adapter } of adapters) {
    if (seen.has(adapter.source))
      throw new Error(`Cannot use adapter "${adapter.source}" twice: it is named two times (once, with one weight)`);
    seen.add(adapter.source);
  }
}

/** The values of `stored` with `changes` added. Throws Error when a value is no longer finite. */
async function changedValues(stored: StoredTensor, changes: readonly WeighedModule[]): Promise<Tensor> {
  const values = await readTensors([["base", stored]]);
  let base = values.get("base")!;
  for (const { source, module, weight } of changes) {
    const delta = deltaOf(await module.read(), base);
    const data = base.data.map((value, i) => value + weight * delta[i]);
    if (!data.every(Number.isFinite)) {
      throw new Error(
        `Cannot use adapter "${source}" at weight ${weight}: "${module.parameter}" overflows (smaller weights are wanted)`,
      );
    }
    base = { dims: base.dims, data };
  }
  return base;
}

/** The changed parameters as tensors to write: each is computed when its turn comes, so one is in memory at a time. */
export function changedTensors(
  stored: StoredTensors,
  changes: ReadonlyMap<string, readonly WeighedModule[]>,
  { type = "F32", signal }: { type?: WeightType; signal?: AbortSignal } = {},
): [string, TypedTensor][] {
  return [...changes].map(([parameter, own]) => {
    const tensor = stored.get(parameter)!;
    const dims = tensor.transposed ? tensor.dims.toReversed() : tensor.dims;
    const data = async function* () {
      signal?.throwIfAborted();
      const { data } = await changedValues(tensor, own);
      yield withinRange(parameter, data, type);
    };
    return [parameter, { dims, type, data }];
  });
}

/** Where and how merged parameters are kept. */
export interface MergeOptions extends Pick<WriteSafetensorsOptions, "metadata"> {
  /** A safetensors file to write: it holds the changed parameters in float32, and is the caller's to delete. */
  readonly file: string;
  readonly signal?: AbortSignal;
}

/** `stored` with `changes` added: changed parameters point into the new file, all others stay where they are. */
export async function mergedTensors(
  stored: StoredTensors,
  changes: ReadonlyMap<string, readonly WeighedModule[]>,
  { file, signal, metadata }: MergeOptions,
): Promise<StoredTensors> {
  if (changes.size === 0) return stored;
  await writeSafetensors(file, changedTensors(stored, changes, { signal }), { metadata });
  const { tensors } = await readSafetensorsFile(file);
  return new Map([...stored].map(([name, tensor]) => [name, tensors.get(name) ?? tensor]));
}
