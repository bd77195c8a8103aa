// Networks of other files that run beside the UNet: loaded when first needed, kept for the next run, unloaded when that does
// not want them.

import type { Graph } from "../graph/graph.ts";
import type { Engine, Network } from "../runtime/engine.ts";
import type { StoredTensors } from "../tensor/stored.ts";

/** A network's graph and weights. */
export interface CompanionFiles {
  /** Equal keys stand for equal networks. */
  readonly key: string;
  /** Of the file or folder, for messages. */
  readonly path: string;
  readonly graph: () => Graph;
  readonly tensors: StoredTensors;
}

/** The companions of one model. */
export interface Companions {
  /** The network of `files`, in the UNet's engine. */
  get(files: CompanionFiles, signal?: AbortSignal): Promise<Network>;
  /** Unloads all whose keys are not among `keys`. */
  keep(keys: readonly string[]): Promise<void>;
}

/** Companions of the UNet that runs in `unetEngine`, which where memory is short is another one each time. */
export function companionsOf(unetEngine: () => Promise<Engine>): Companions {
  const loaded = new Map<string, { readonly engine: Engine; readonly network: Promise<Network> }>();
  return {
    async get({ key, path, graph, tensors }, signal) {
      const engine = await unetEngine();
      const known = loaded.get(key);
      if (known?.engine === engine) return known.network;
      const network = engine.load(graph(), tensors, { source: path, signal });
      loaded.set(key, { engine, network });
      network.catch(() => loaded.delete(key));
      return network;
    },
    async keep(keys) {
      for (const [key, { network }] of loaded) {
        if (keys.includes(key)) continue;
        loaded.delete(key);
        // It may be gone already, together with its engine.
        await network.then((gone) => gone.unload()).catch(() => undefined);
      }
    },
  };
}
