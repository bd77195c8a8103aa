// Captions → CLIP's features, to hold pictures against.

import { readComponentWeights } from "../checkpoints/component-weights.ts";
import { readConfig } from "../checkpoints/image-encoder.ts";
import { readTokenizerFiles } from "../checkpoints/tokenizer-files.ts";
import { clipTextGraph } from "../models/clip-text.ts";
import { clipTextTower } from "../models/clip.ts";
import type { Engine } from "../runtime/engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { openTokenizer } from "../tokenizers/open.ts";
import { paddedIds } from "../training/trainers/text-encoder.ts";
import { portions } from "../training/trainers/portions.ts";

/** Embeddings [N,P] of `captions` by the CLIP in `folder`, as transformers saves it, or by its text tower alone. Captions that are too long are cut. */
export async function captionFeatures(
  engine: Engine,
  folder: string,
  captions: readonly string[],
  { batchSize = 32, signal }: { batchSize?: number; signal?: AbortSignal } = {},
): Promise<Tensor> {
  const config = clipTextTower(await readConfig(folder));
  const { tensors } = await readComponentWeights(folder);
  const tokenizer = await openTokenizer(await readTokenizerFiles(folder));
  const network = await engine.load(clipTextGraph(config), tensors, { source: folder });
  try {
    const all = tensor([captions.length, config.projection!]);
    for (const [start, count] of portions(captions.length, batchSize)) {
      signal?.throwIfAborted();
      const ids = paddedIds(captions.slice(start, start + count), tokenizer, config.positions);
      const { textEmbeds } = await network.run({ ids }, { outputs: ["textEmbeds"], signal });
      all.data.set(textEmbeds.data, start * config.projection!);
    }
    return all;
  } finally {
    await network.unload();
  }
}
