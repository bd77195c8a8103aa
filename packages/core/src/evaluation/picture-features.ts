// Pictures → features, batch by batch through an engine.

import type { Image } from "../image/image.ts";
import { overGround } from "../image/over-ground.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { concatenate } from "../util/concatenate.ts";
import type { FeatureNetwork } from "./feature-network.ts";

/** Pictures by index, read when they are wanted. Data sets are pictures too. */
export interface Pictures {
  readonly name: string;
  readonly length: number;
  read(index: number): Promise<{ readonly image: Image }>;
}

/** Pictures that are in memory. */
export const picturesInMemory = (name: string, images: readonly Image[]): Pictures => ({
  name,
  length: images.length,
  read: async (index) => ({ image: images[index] }),
});

/** How to go through the pictures. */
export interface PictureFeaturesOptions {
  readonly batchSize?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** What a network makes of pictures, all of them. */
export interface PictureFeatures {
  /** [N,D]. */
  readonly features: Tensor;
  /** [N,K], of a network with classes. */
  readonly logits?: Tensor;
  /** [N,S], of a judge. */
  readonly styles?: Tensor;
}

/** A feature network in an engine. */
export interface FeatureExtractor {
  readonly network: FeatureNetwork;
  /** Features of `pictures` in their order, transparent ones on white. Throws Error when there are none. */
  extract(pictures: Pictures, options?: PictureFeaturesOptions): Promise<PictureFeatures>;
  close(): Promise<void>;
}

/** Loads `network` into `engine`. */
export async function openFeatureExtractor(engine: Engine, network: FeatureNetwork): Promise<FeatureExtractor> {
  const { graph, tensors, source, input, outputs } = network;
  const loaded = await engine.load(graph, tensors, { source });
  const wanted = Object.values(outputs);
  return {
    network,
    async extract(pictures, { batchSize = 16, onProgress, signal } = {}) {
      const { name, length } = pictures;
      if (length === 0) throw new Error(`Cannot measure "${name}": it has no pictures`);
      const rows = new Map<string, Float32Array[]>(wanted.map((output) => [output, []]));
      for (let start = 0; start < length; start += batchSize) {
        signal?.throwIfAborted();
        const count = Math.min(batchSize, length - start);
        const batch = await Promise.all(Array.from({ length: count }, (_, i) => pictures.read(start + i)));
        const made = await loaded.run(
          { [input]: network.prepare(batch.map(({ image }) => overGround(image))) },
          { outputs: wanted, signal },
        );
        for (const output of wanted) rows.get(output)!.push(made[output].data);
        onProgress?.(start + count, length);
      }
      const all = Object.entries(outputs).map(([name, output]) => [name, stacked(rows.get(output)!, length)]);
      return Object.fromEntries(all) as { features: Tensor };
    },
    close: () => loaded.unload(),
  };
}

function stacked(parts: readonly Float32Array[], count: number): Tensor {
  const all = concatenate(parts);
  return tensor([count, all.length / count], all);
}
