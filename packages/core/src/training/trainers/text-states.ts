// Captions as what a network is told of them, each computed once as long as memory allows.

import type { Graph } from "../../graph/graph.ts";
import type { Engine, Network } from "../../runtime/engine.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { Feeds } from "./trainer.ts";

/** A graph that encodes captions: every output has one row for each. */
export interface CaptionEncoder {
  readonly graph: Graph;
  readonly tensors: StoredTensors;
  /** The checkpoint's name, for messages. */
  readonly source: string;
  /** Its inputs for some captions. */
  feeds(captions: readonly string[]): Feeds;
}

/** Captions to outputs, in the captions' order. */
export interface CachedStates {
  encode(captions: readonly string[]): Promise<Record<string, Tensor>>;
  close(): Promise<void>;
}

/** Memory for states that are kept. */
const keptBytes = 512e6;

/** `encoder` on `engine`. */
export async function openCachedStates(
  engine: Engine,
  { graph, tensors, source, feeds }: CaptionEncoder,
): Promise<CachedStates> {
  const network: Network = await engine.load(graph, tensors, { source });
  /** A caption's row of every output. */
  type Row = Readonly<Record<string, Float32Array>>;
  const kept = new Map<string, Row>();
  const rowDims = new Map<string, readonly number[]>();
  let rowBytes = 0;

  async function compute(captions: readonly string[]): Promise<[string, Row][]> {
    const outputs = await network.run(feeds(captions));
    const entries = Object.entries(outputs);
    for (const [name, { dims }] of entries) rowDims.set(name, dims.slice(1));
    const sizes = entries.map(([, { data }]) => data.length / captions.length);
    rowBytes = 4 * sizes.reduce((a, b) => a + b, 0);
    return captions.map((caption, i) => [
      caption,
      Object.fromEntries(entries.map(([name, { data }], o) => [name, data.slice(i * sizes[o], (i + 1) * sizes[o])])),
    ]);
  }

  return {
    async encode(captions) {
      const rows = new Map<string, Row>();
      const missing: string[] = [];
      for (const caption of new Set(captions)) {
        const known = kept.get(caption);
        if (known === undefined) missing.push(caption);
        else rows.set(caption, known);
      }
      if (missing.length > 0) {
        for (const [caption, row] of await compute(missing)) {
          rows.set(caption, row);
          kept.set(caption, row);
        }
        // When there is no more room the oldest make it: captions that are drawn anew each time would fill it for good.
        for (const oldest of kept.keys()) {
          if (kept.size * rowBytes <= keptBytes) break;
          kept.delete(oldest);
        }
      }
      return Object.fromEntries(
        Array.from(rowDims, ([name, dims]) => {
          const all = tensor([captions.length, ...dims]);
          const size = all.data.length / captions.length;
          captions.forEach((caption, i) => all.data.set(rows.get(caption)![name], i * size));
          return [name, all];
        }),
      );
    },
    close: () => network.unload(),
  };
}
