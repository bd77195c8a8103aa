// Drafts: what the last states of a text say of the picture, each of one patch, one linear layer away. They are the latents that a denoiser
// has to draw from the text alone, at the last noise level; where the states already say it, it has only to look at the right one.

import type { Example } from "../../data/dataset.ts";
import { multiply, subtract } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { reshape, slice, transpose } from "../../graph/ops/shape.ts";
import { input } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import type { Image } from "../../image/image.ts";
import { linear } from "../../nn/layers.ts";
import { pixelShuffle } from "../../nn/pixel-shuffle.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { Batch } from "../batches.ts";
import { fittedPicture, picturesFromTensor, pictureTensor } from "../pictures.ts";
import type { ClipRecipe } from "../recipe/clip.ts";
import { decodeAll, readAutoencoder } from "./autoencoder-files.ts";
import { unscaledLatents } from "./latents.ts";
import { imagesOf, openLearntPictures } from "./learnt-pictures.ts";
import type { TrainerSetup } from "./trainer.ts";

/** Latents of pictures, and what texts say of them. */
export interface Drafts {
  /** Of the error, beside the contrastive loss. */
  readonly weight: number;
  /** Numbers that each state says: C·k². */
  readonly features: number;
  /** The input `latents` for a batch to learn from. */
  learn(batch: Batch, draws: TorchGenerator): Promise<Tensor>;
  /** The same for other examples. */
  see(examples: readonly Example[], draws: TorchGenerator): Promise<Tensor>;
  /** The latents [N,C,h,w] that text states [N,T,D] say. */
  draft(p: Params, states: Value): Value;
  /** Their mean squared error, beside the input `latents`. */
  error(drafts: Value): Value;
  /** They as pictures. */
  pictures(drafts: Tensor): Promise<Image[]>;
}

/** The drafts of `recipe`. Throws Error when there is no such autoencoder, or its latents do not fall into as many patches as there are states. */
export async function openDrafts(
  { data, batchSize, seed, text, drafts }: ClipRecipe & { readonly drafts: NonNullable<ClipRecipe["drafts"]> },
  setup: TrainerSetup,
): Promise<Drafts> {
  const { engine } = setup;
  const { path, size, patch, weight } = drafts;
  const autoencoder = await readAutoencoder(path);
  const { imageChannels: channels, latentChannels, factor } = autoencoder;
  const side = size / factor / patch;
  const patches = side ** 2;
  const features = latentChannels * patch ** 2;
  if (!Number.isInteger(side) || patches > text.tokens) {
    const latents = size / factor;
    throw new Error(
      `Cannot make drafts: pictures of ${size} pixels are ${latents} × ${latents} latents (whole patches of ${patch} × ${patch} are wanted, no more than the ${text.tokens} tokens of a text)`,
    );
  }
  const pictures = await openLearntPictures(
    { data, batchSize, seed, size, latents: setup.training.variants === Infinity ? "each step" : "cached" },
    { setup, autoencoder, channels, needs: "nothing" },
  );

  return {
    weight,
    features,
    learn: async (batch, draws) => (await pictures.batch(batch, draws)).clean,
    see: (examples, draws) =>
      pictures.encode(
        pictureTensor(
          imagesOf(examples).map((image) => fittedPicture(image, pictures.square, data.fit)),
          { channels },
        ),
        draws,
      ),
    draft(p, states) {
      const last = slice(states, { axis: 1, start: text.tokens - patches, end: text.tokens }); // [N,P,D]
      const said = linear(p.at("draft"), last, { features }); // [N,P,C·k²]
      const placed = reshape(transpose(said, [0, 2, 1]), [states.dims[0], features, side, side]);
      return pixelShuffle(placed, patch);
    },
    error(said) {
      const error = subtract(said, input("latents", said.dims));
      return mean(multiply(error, error));
    },
    pictures: async (said) =>
      picturesFromTensor(await decodeAll(engine, autoencoder, unscaledLatents(said, autoencoder))),
  };
}
