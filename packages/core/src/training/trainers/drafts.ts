// Drafts: what the states of a text say of the picture, one linear layer away. They are the latents that a denoiser has to draw from the
// text alone, at the last noise level; where the states already say it, it has only to pass it on.

import type { Example } from "../../data/dataset.ts";
import { symbol } from "../../graph/dim.ts";
import { graphOf } from "../../graph/graph.ts";
import { multiply, subtract } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { input } from "../../graph/ops/source.ts";
import { parameters } from "../../graph/params.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import type { Image } from "../../image/image.ts";
import { clipText } from "../../models/clip-text.ts";
import type { ClipTextConfig } from "../../models/clip-text.ts";
import { linear } from "../../nn/layers.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import { elementCount, tensor } from "../../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { Batch } from "../batches.ts";
import { fittedPicture, picturesFromTensor, pictureTensor } from "../pictures.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import { decodeAll, readAutoencoder } from "./autoencoder-files.ts";
import { imagesOf, openLearntPictures } from "./learnt-pictures.ts";
import type { TrainerSetup } from "./trainer.ts";

/** Latents of pictures, and what texts say of them. */
export interface Drafts {
  /** The input `latents` for a batch to learn from. */
  learn(batch: Batch, draws: TorchGenerator): Promise<Tensor>;
  /** The same for other examples. */
  see(examples: readonly Example[], draws: TorchGenerator): Promise<Tensor>;
  /** Mean squared error of what text states [N,T,D] say of the input `latents` [N,C,h,w]. */
  error(p: Params, states: Value): Value;
  /** What a trained text tower says of texts, as pictures. */
  show(tower: DraftingTower): Promise<Image[]>;
}

/** A text tower with the layer that makes drafts, and texts. */
export interface DraftingTower {
  readonly config: ClipTextConfig;
  readonly tensors: StoredTensors;
  readonly source: string;
  /** [N,T]. */
  readonly ids: AnyTensor;
}

/** The drafts of `recipe`. Throws Error when there is no such autoencoder. */
export async function openDrafts(
  { data, batchSize, seed, drafts }: ClipRecipe & { readonly drafts: NonNullable<ClipRecipe["drafts"]> },
  setup: TrainerSetup,
): Promise<Drafts> {
  const { engine } = setup;
  const { path, size } = drafts;
  const autoencoder = await readAutoencoder(path);
  const { imageChannels: channels, latentChannels, factor } = autoencoder;
  const pictures = await openLearntPictures(
    { data, batchSize, seed, size, latents: setup.training.variants === Infinity ? "each step" : "cached" },
    { setup, autoencoder, channels, needs: "nothing" },
  );
  const dims = [latentChannels, size / factor, size / factor];
  const draft = (p: Params, states: Value): Value =>
    linear(p.at("draft"), mean(states, { axes: [1] }), { features: elementCount(dims) });

  return {
    learn: async (batch, draws) => (await pictures.batch(batch, draws)).clean,
    see: (examples, draws) =>
      pictures.encode(
        pictureTensor(
          imagesOf(examples).map((image) => fittedPicture(image, pictures.square, data.fit)),
          { channels },
        ),
        draws,
      ),
    error(p, states) {
      const n = symbol("batch");
      const wanted = reshape(input("latents", [n, ...dims]), [n, elementCount(dims)]);
      const error = subtract(draft(p, states), wanted);
      return mean(multiply(error, error));
    },
    async show({ config, tensors, source, ids }) {
      const texts = input("ids", [symbol("batch"), config.positions], "int64");
      const p = parameters();
      const graph = graphOf("drafts", { drafts: draft(p, clipText(p, texts, config).normalized[config.layers]) });
      const network = await engine.load(graph, tensors, { source });
      const { drafts: latents } = await network.run({ ids }).finally(network.unload);
      const unscaled = latents.data.map((value) => value / autoencoder.scaling + autoencoder.shift);
      return picturesFromTensor(await decodeAll(engine, autoencoder, tensor([ids.dims[0], ...dims], unscaled)));
    },
  };
}
