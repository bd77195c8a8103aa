// A LoRA out of two models: what fine-tuning changed, each weight's difference as the product of two thin factors.

import type { StoredTensor } from "../tensor/stored.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import type { AdapterComponent } from "./adapter.ts";
import { approximated } from "./low-rank.ts";
import type { CutOptions } from "./low-rank.ts";
import type { AdaptedModel } from "./match-adapter.ts";
import type { LoraModule } from "./write-adapter.ts";

/** What to take, and how exactly. */
export interface ExtractOptions extends CutOptions {
  /** The largest rank of convolutions of more than one pixel; `rank` by default, 0 leaves them out. */
  readonly convRank?: number;
  /** Networks to compare; all that both models have by default. */
  readonly components?: readonly AdapterComponent[];
  /** Weights whose largest change is no more than this count as unchanged. */
  readonly smallest?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** The change of one weight, as far as the factors hold it. */
export interface ExtractedModule extends LoraModule {
  /** ‖ΔW − up·down‖/‖ΔW‖. */
  readonly error: number;
}

/** What `tuned` changed in `base`, one module after the other. Throws Error when the models are of two architectures. */
export async function extractLora(
  tuned: AdaptedModel,
  base: AdaptedModel,
  options: ExtractOptions,
): Promise<ExtractedModule[]> {
  const { rank, convRank = rank, keep, smallest = 0, signal, onProgress } = options;
  const pairs = pairsOf(tuned, base, options.components).filter(({ dims }) => !isConvolution(dims) || convRank > 0);
  const found: ExtractedModule[] = [];
  for (const [done, { component, path, dims, before, after }] of pairs.entries()) {
    signal?.throwIfAborted();
    onProgress?.({ done, total: pairs.length });
    const values = await readTensors([
      ["before", before],
      ["after", after],
    ]);
    const was = values.get("before")!.data;
    const delta = values.get("after")!.data.map((value, i) => value - was[i]);
    if (!delta.every(Number.isFinite))
      throw new Error(`Cannot extract from "${tuned.path}": "${path}" has values that are not finite`);
    if (delta.every((value) => Math.abs(value) <= smallest)) continue;
    const limits = { rank: isConvolution(dims) ? convRank : rank, keep };
    const { factors, error } = approximated(delta, dims, limits)!;
    found.push({ component, path, factors, error });
  }
  if (found.length === 0) throw new Error(`Cannot extract from "${tuned.path}": no weight differs from "${base.path}"`);
  return found;
}

/** 1×1 convolutions are linear layers in all but shape. */
const isConvolution = (dims: readonly number[]): boolean => dims.slice(2).some((size) => size > 1);

interface Pair {
  readonly component: AdapterComponent;
  readonly path: string;
  readonly dims: readonly number[];
  readonly before: StoredTensor;
  readonly after: StoredTensor;
}

/** The weights of linear and convolution layers in both. */
function pairsOf(tuned: AdaptedModel, base: AdaptedModel, wanted?: readonly AdapterComponent[]): Pair[] {
  const pairs: Pair[] = [];
  for (const component of wanted ?? (["unet", "textEncoder", "textEncoder2"] as const)) {
    const [before, after] = [base, tuned].map(({ networks }) => networks[component]?.tensors);
    if (before === undefined || after === undefined) {
      if (wanted === undefined && before === after) continue;
      const lacking = before === undefined ? base.path : tuned.path;
      throw new Error(`Cannot extract from "${tuned.path}": "${lacking}" has no ${component}`);
    }
    for (const [name, own] of after) {
      if (!name.endsWith(".weight") || own.dims.length < 2 || name.endsWith("_embedding.weight")) continue;
      const other = before.get(name);
      const dims = own.transposed ? own.dims.toReversed() : own.dims;
      const otherDims = other?.transposed ? other.dims.toReversed() : other?.dims;
      if (other === undefined || `${dims}` !== `${otherDims}`) {
        throw new Error(
          `Cannot extract from "${tuned.path}": ${component} "${name}" is [${dims}], and [${otherDims ?? "missing"}] in "${base.path}" (models of one architecture are wanted)`,
        );
      }
      // The same bytes have not changed.
      if (own.file === other.file && own.offset === other.offset) continue;
      pairs.push({ component, path: name.slice(0, -".weight".length), dims, before: other, after: own });
    }
  }
  return pairs;
}
