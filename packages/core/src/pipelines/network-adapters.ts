// What the adapters of a run are to one network: factors beside its layers, or changes in its weights.

import { disk } from "#platform";
import type { Adapter, AdapterComponent } from "../adapters/adapter.ts";
import { blockFactors } from "../adapters/block-weights.ts";
import { liveForms, lowRankFactors } from "../adapters/forms/index.ts";
import type { LowRankFactors } from "../adapters/forms/index.ts";
import { cutToRank } from "../adapters/forms/lora.ts";
import type { LiveChanges } from "../adapters/live-factors.ts";
import { changesOf, mergedTensors } from "../adapters/merge-adapters.ts";
import type { WeighedAdapter } from "../adapters/merge-adapters.ts";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import type { AdapterStrength } from "./adapter-options.ts";
import type { NetworkAdapters } from "./networks.ts";

/** An adapter and how it is used. */
export interface AppliedAdapter extends AdapterStrength {
  readonly adapter: Adapter;
  readonly blockWeights: readonly number[] | undefined;
  /** Equal for equal changes: the file, the rank it is cut to, the weights of its blocks. */
  readonly key: string;
}

/** The live adapters of one network. */
export function liveIn(
  component: AdapterComponent,
  live: readonly AppliedAdapter[],
  { networks }: Checkpoint,
): NetworkAdapters {
  const modulesOf = ({ modules }: Adapter) => modules.filter((module) => module.component === component);
  const parameters = new Set(live.flatMap(({ adapter }) => modulesOf(adapter).map(({ parameter }) => parameter)));
  if (parameters.size === 0) return {};
  const changesBy = async ({ adapter, blockWeights }: AppliedAdapter): Promise<LiveChanges> => {
    const factor = blockWeights === undefined ? () => 1 : blockFactors(blockWeights, adapter, networks);
    const changes = new Map<string, LowRankFactors>();
    for (const module of modulesOf(adapter)) {
      const factors = lowRankFactors(await module.read())!;
      changes.set(module.parameter, { ...factors, scale: factors.scale * factor(module) });
    }
    return changes;
  };
  return {
    live: {
      key: JSON.stringify(live.map(({ key }) => key)),
      parameters,
      async changes() {
        const all: LiveChanges[] = [];
        for (const lora of live) all.push(await changesBy(lora));
        return all;
      },
    },
  };
}

/** The merged adapters of one network. */
export function mergedInto(
  component: AdapterComponent,
  loras: readonly AppliedAdapter[],
  { networks }: Checkpoint,
): NetworkAdapters {
  const weighed = loras.map(({ adapter, weight, textWeight, blockWeights }): WeighedAdapter => ({
    adapter,
    weight: component === "unet" ? { unet: weight as number } : { [component]: textWeight },
    blockWeights,
  }));
  const changes = changesOf(component, weighed, networks);
  if (changes.size === 0) return {};
  return {
    merged: {
      key: JSON.stringify(loras.map(({ key }, i) => [key, weighed[i].weight])),
      async tensors(own) {
        if (disk === undefined) throw new Error("Cannot merge adapters: a browser page has nowhere to write weights");
        const { remove } = disk;
        const file = disk.temporaryPath(".safetensors");
        return { tensors: await mergedTensors(own, changes, { file }), remove: () => remove(file) };
      },
    },
  };
}

/** Why `adapter` cannot run live; undefined when it can. */
export function reasonToMerge(
  { modules }: Adapter,
  { mergeAdapters }: { readonly mergeAdapters?: boolean },
): string | undefined {
  if (mergeAdapters) return "mergeAdapters asks for it";
  const thick = modules.find(({ form, parameter }) => !liveForms.has(form) || !isProduct(parameter));
  return thick && `its ${thick.form} of "${thick.parameter}" is no product of two thin matrices beside a layer`;
}

/** Embeddings are looked up, norms and biases added: only weights of layers multiply. */
const isProduct = (parameter: string): boolean =>
  parameter.endsWith(".weight") && !/(token|position)_embedding\.weight$/.test(parameter);

/** `adapter` cut to the first `rank` components of each module. */
export const cutAdapter = (adapter: Adapter, rank: number): Adapter => ({
  ...adapter,
  modules: adapter.modules.map((module) => ({
    ...module,
    rank: module.rank === undefined ? undefined : Math.min(rank, module.rank),
    async read() {
      const form = await module.read();
      return form.kind === "lora" ? cutToRank(form, rank) : form;
    },
  })),
});
