// The pictures of a data set as a denoising network learns them: in their shapes, mirrored, as latents or pixels.

import { nearestBucket } from "../../data/aspect-buckets.ts";
import type { Size } from "../../data/aspect-buckets.ts";
import type { Example } from "../../data/dataset.ts";
import type { Dim } from "../../graph/dim.ts";
import { symbol } from "../../graph/dim.ts";
import type { Image } from "../../image/image.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { Batch } from "../batches.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader, FittedExample } from "../examples.ts";
import { mirrored, pictureTensor } from "../pictures.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { checkCaptions } from "./captions.ts";
import { openEncoder } from "./autoencoder-files.ts";
import type { AutoencoderFiles } from "./autoencoder-files.ts";
import { openExampleCache, pictureEntries } from "./example-cache.ts";
import { drawLatents } from "./latents.ts";
import { groupsOf, shapesOf } from "./picture-shapes.ts";
import { portions } from "./portions.ts";
import type { TrainerSetup } from "./trainer.ts";

/** The parts of a recipe that say what is learnt of pictures. */
export type PicturesRecipe = Pick<DiffusionRecipe, "size" | "buckets" | "latents" | "seed" | "batchSize"> & {
  readonly data: Pick<DiffusionRecipe["data"], "fit" | "flip">;
};

/** How to learn pictures. */
export interface LearntPicturesOptions {
  readonly setup: Pick<TrainerSetup, "engine" | "folder" | "notice" | "signal" | "training" | "validation">;
  /** Pixels are learnt without it. */
  readonly autoencoder: AutoencoderFiles | undefined;
  readonly channels: 1 | 3 | 4;
  /** What batches need beside the latents: a cached example is not read for nothing. */
  readonly needs: "pictures" | "texts" | "nothing";
  /** Whether captions are learnt: some have to be there. */
  readonly captions?: boolean;
  /** The cache's name in the run's folder. */
  readonly cacheName?: string;
}

/** Some examples with what is learnt of them. */
export interface LearntBatch {
  /** Pixels or scaled latents [N,C,h,w]. */
  readonly clean: Tensor;
  /** None where nothing but the latents is needed; fitted where the pictures are. */
  readonly examples: readonly (Example & Partial<FittedExample>)[];
}

/** Pictures to learn. */
export interface LearntPictures {
  /** Height and width of what is learnt; symbols where batches differ. */
  readonly size: readonly [height: Dim, width: Dim];
  /** The shape, in pixels, that is nearest to a square. */
  readonly square: Size;
  /** The group of each example: those of one shape. */
  readonly groups: Uint8Array | undefined;
  readonly reader: ExampleReader;
  /** Pictures [N,C,H,W] to scaled latents; pixels stay as they are. */
  encode(pictures: Tensor, draws: TorchGenerator): Promise<Tensor>;
  batch(batch: Pick<Batch, "indices" | "epoch">, draws: TorchGenerator): Promise<LearntBatch>;
  /** All validation examples in portions, always with the same random numbers; `start` counts them. */
  validation(): AsyncGenerator<LearntBatch & { readonly start: number; readonly draws: TorchGenerator }, void>;
  /** `count` examples to show: of the validation, where there is one. */
  shown(count: number): Promise<readonly FittedExample[]>;
  names(batch: Pick<Batch, "indices" | "epoch">): Promise<readonly string[]>;
}

/** The pictures of `setup.training` and `setup.validation` as `recipe` wants them. Throws Error when captions are wanted and missing. */
export async function openLearntPictures(
  recipe: PicturesRecipe,
  { setup, autoencoder: files, channels, captions, needs, cacheName = "latents" }: LearntPicturesOptions,
): Promise<LearntPictures> {
  const { engine, training, validation, folder, notice, signal } = setup;
  const { fit } = recipe.data;
  const factor = files?.factor ?? 1;
  const shapes = shapesOf(recipe, factor);
  const reader = exampleReader(training, { fit, notice });
  if (captions) await checkCaptions(training.name, reader, training.length);
  const groups = shapes.length === 1 ? undefined : await groupsOf(reader, training.length, shapes, signal);
  const shapeOf = (index: number): Size => shapes[groups?.[index] ?? 0];
  const square = shapes[nearestBucket({ width: 1, height: 1 }, shapes)];

  const encoder = files && (await openEncoder(engine, files));
  const encode = async (pictures: Tensor, draws: TorchGenerator): Promise<Tensor> =>
    encoder === undefined ? pictures : drawLatents(await encoder.encode(pictures), files!, draws);
  const pixels = (examples: readonly Example[]) => pictureTensor(imagesOf(examples), { channels });

  const { count, entryOf, placeOf } = pictureEntries(training);
  const cache =
    encoder === undefined || recipe.latents !== "cached"
      ? undefined
      : await openExampleCache({
          path: `${folder.cache}/${cacheName}.safetensors`,
          key: JSON.stringify([training.hash, training.length, files!.path, shapes, fit, recipe.seed]),
          length: count,
          dimsOf: (entry) => {
            const { height, width } = shapeOf(placeOf(entry).index);
            return [files!.latentChannels, height / factor, width / factor];
          },
          async encode(entries) {
            const examples = await Promise.all(
              entries.map((entry) => {
                const { index, epoch } = placeOf(entry);
                return reader.read(index, epoch, shapeOf(index));
              }),
            );
            return encoder.encode(pixels(examples));
          },
          batchSize: recipe.batchSize,
          onProgress: (done, of) => done === of && notice(`latents of ${of} pictures are encoded`),
          signal,
        });
  const validationReader = validation && exampleReader(validation, { fit, notice });

  return {
    size: shapes.length === 1 ? [square.height / factor, square.width / factor] : [symbol("height"), symbol("width")],
    square,
    groups,
    reader,
    encode,
    async batch({ indices, epoch }, draws) {
      const flips = recipe.data.flip ? draws.bernoulli(indices.length, 0.5) : undefined;
      const needsPictures = cache === undefined || needs === "pictures";
      const examples =
        needsPictures || needs === "texts"
          ? await Promise.all(
              indices.map(async (index, i) => {
                const example = await (needsPictures
                  ? reader.read(index, epoch, shapeOf(index))
                  : reader.readWhole(index, epoch));
                return flips?.[i] ? { ...example, image: mirrored(example.image) } : example;
              }),
            )
          : [];
      if (cache === undefined) return { clean: await encode(pixels(examples), draws), examples };
      const entries = indices.map((index) => entryOf(index, epoch));
      return { clean: drawLatents(cache.take(entries), files!, draws), examples };
    },
    async *validation() {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize)) {
        const draws = drawsAt(recipe.seed, "validation", { epoch: 0, batch: start });
        const examples = await Promise.all(
          Array.from({ length: count }, (_, i) => validationReader.read(start + i, 0, square)),
        );
        yield { start, draws, examples, clean: await encode(pixels(examples), draws) };
      }
    },
    shown: (count) =>
      Promise.all(
        Array.from({ length: count }, (_, i) =>
          (validationReader ?? reader).read(i % (validation ?? training).length, 0, square),
        ),
      ),
    names: ({ indices, epoch }) => Promise.all(indices.map(async (index) => (await reader.readWhole(index, epoch)).id)),
  };
}

/** The pictures of `examples`. */
export const imagesOf = (examples: readonly Example[]): Image[] => examples.map(({ image }) => image);
