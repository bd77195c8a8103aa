// Trains a denoising network: on pixels or latents, with texts, classes, pictures or nothing as the condition.

import { nearestBucket } from "../../data/aspect-buckets.ts";
import type { Size } from "../../data/aspect-buckets.ts";
import type { Example } from "../../data/dataset.ts";
import { symbol } from "../../graph/dim.ts";
import type { Image } from "../../image/image.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { BatchPosition } from "../batches.ts";
import { drawsAt } from "../draws.ts";
import { exampleReader } from "../examples.ts";
import type { ExampleReader } from "../examples.ts";
import { zeroOutputs } from "../initialize.ts";
import { mirrored, pictureTensor } from "../pictures.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { tensorsBelow } from "../save/model-parts.ts";
import { saveDiffusionModel } from "../save/diffusion-model.ts";
import { openEncoder, readAutoencoder } from "./autoencoder-files.ts";
import { denoisingNetwork } from "./denoising-network.ts";
import { diffusionProgram } from "./diffusion-program.ts";
import { sampleDiffusion } from "./diffusion-samples.ts";
import { imageCondition } from "./image-condition.ts";
import { drawLatents, openLatentCache } from "./latents.ts";
import { noiseLevels } from "./noise-levels.ts";
import { groupsOf, shapesOf } from "./picture-shapes.ts";
import { portions } from "./portions.ts";
import { openTextStates, readTextEncoder } from "./text-encoder.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when what it builds on cannot be read, or has other channels or sizes. */
export async function openDiffusionTrainer(recipe: DiffusionRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, validation, folder, notice, signal } = setup;
  const files = recipe.autoencoder === undefined ? undefined : await readAutoencoder(recipe.autoencoder);
  const pictureChannels = files?.imageChannels ?? recipe.channels;
  const channels = files?.latentChannels ?? recipe.channels;
  const factor = files?.factor ?? 1;
  const shapes = shapesOf(recipe, factor);
  const reader = exampleReader(training, { fit: recipe.data.fit, notice });
  const groups = shapes.length === 1 ? undefined : await groupsOf(reader, training.length, shapes, signal);

  const textFiles = recipe.text && (await readTextEncoder(recipe.text.path));
  const text = textFiles && (await openTextStates(engine, textFiles, recipe.text!.path));
  if (text !== undefined) await checkCaptions(training.name, reader, training.length);
  const condition = recipe.image && imageCondition(recipe.image);
  const seenChannels = condition?.channels({ learnt: channels, picture: pictureChannels }) ?? 0;
  const network = denoisingNetwork(recipe, {
    sampleSize: recipe.size / factor,
    inChannels: channels + seenChannels,
    outChannels: channels,
    contextWidth: text?.width,
  });

  const encoder = files && (await openEncoder(engine, files));
  const encode = async (pictures: Tensor, draws: TorchGenerator): Promise<Tensor> =>
    encoder === undefined ? pictures : drawLatents(await encoder.encode(pictures), files!, draws);
  const shapeOf = (index: number): Size => shapes[groups?.[index] ?? 0];
  // The pictures of each example, epoch after epoch: entry e · length + i of the cache is number e of example i.
  const { variants = 1 } = training;
  const cache =
    encoder === undefined || recipe.latents !== "cached"
      ? undefined
      : await openLatentCache({
          path: `${folder.cache}/latents.safetensors`,
          key: JSON.stringify([training.hash, training.length, files!.path, shapes, recipe.data.fit, recipe.seed]),
          length: training.length * variants,
          dimsOf: (entry) => {
            const { height, width } = shapeOf(entry % training.length);
            return [channels, height / factor, width / factor];
          },
          async encode(entries) {
            const examples = await Promise.all(
              entries.map((entry) => {
                const index = entry % training.length;
                return reader.read(index, Math.floor(entry / training.length), shapeOf(index));
              }),
            );
            return encoder.encode(pictureTensor(imagesOf(examples), { channels: pictureChannels }));
          },
          batchSize: recipe.batchSize,
          onProgress: (done, of) => done === of && notice(`latents of ${of} pictures are encoded`),
          signal,
        });

  const levels = noiseLevels(recipe);
  /** The graph's inputs for clean data and what they are conditioned on. */
  async function feedsFor(
    { clean, seen, examples }: { clean: Tensor; seen: Tensor | undefined; examples: readonly Example[] },
    { draws, dropout, timesteps }: { draws: TorchGenerator; dropout: number; timesteps: Float64Array },
  ): Promise<Feeds> {
    const [count, , ...size] = clean.dims;
    const noise = draws.randn(clean.data.length);
    const { offsetNoise } = recipe.diffusion;
    if (offsetNoise > 0) {
      // The same for a whole channel of a picture.
      const plane = size[0] * size[1];
      const offsets = draws.randn(count * channels);
      for (let i = 0; i < noise.length; i++) noise[i] += offsetNoise * offsets[Math.floor(i / plane)];
    }
    const dropped = draws.rand(count).map((u) => (u < dropout ? 1 : 0));
    const perPicture = (value: (t: number) => number, dims: readonly number[] = [count]) =>
      tensor(dims, Float32Array.from(timesteps, value));
    return {
      clean,
      noise: tensor(clean.dims, noise),
      timestep: perPicture((t) => t),
      alpha: perPicture((t) => levels.alpha[t], [count, 1, 1, 1]),
      sigma: perPicture((t) => levels.sigma[t], [count, 1, 1, 1]),
      weight: perPicture((t) => levels.weight[t]),
      ...(seen && { seen }),
      ...(text && { context: await text.encode(examples.map((example, i) => (dropped[i] ? "" : captionOf(example)))) }),
      ...(network.classes !== undefined && {
        classLabels: {
          dims: [count],
          data: BigInt64Array.from(examples, (example, i) =>
            BigInt(dropped[i] ? recipe.classes! : labelOf(example, recipe.classes!)),
          ),
        },
      }),
    };
  }

  const see = async (examples: readonly Example[], draws: TorchGenerator): Promise<Tensor | undefined> => {
    if (condition === undefined) return undefined;
    const [{ image }] = examples;
    return condition.see({
      pictures: imagesOf(examples),
      channels: pictureChannels,
      size: [image.height / factor, image.width / factor],
      draws,
      encode: (pictures) => encode(pictures, draws),
    });
  };
  // A cached example's picture is needed only where the condition is made of it; its caption may be drawn anew.
  const needsPictures = cache === undefined || condition !== undefined;
  const needsExamples = needsPictures || text !== undefined || network.classes !== undefined;

  const validationReader = validation && exampleReader(validation, { fit: recipe.data.fit, notice });
  const square = shapes[nearestBucket({ width: 1, height: 1 }, shapes)];
  const size = shapes.length === 1 ? ([square.height / factor, square.width / factor] as const) : undefined;

  return {
    program: diffusionProgram({
      network,
      prediction: recipe.diffusion.prediction,
      channels,
      seenChannels,
      size: size ?? [symbol("height"), symbol("width")],
      ...(text && { text: [text.tokens, text.width] }),
    }),
    rules: [zeroOutputs],
    batches: { length: training.length, weights: training.weights, groups },
    judgedBy: "denoising.loss",

    async feeds({ indices, ...place }) {
      const draws = drawsAt(recipe.seed, "batch", place);
      const flips = recipe.data.flip ? draws.bernoulli(indices.length, 0.5) : undefined;
      const examples = needsExamples
        ? await Promise.all(
            indices.map(async (index, i) => {
              const example = await (needsPictures
                ? reader.read(index, place.epoch, shapeOf(index))
                : reader.readWhole(index, place.epoch));
              return flips?.[i] ? { ...example, image: mirrored(example.image) } : example;
            }),
          )
        : [];
      const clean =
        cache === undefined
          ? await encode(pictureTensor(imagesOf(examples), { channels: pictureChannels }), draws)
          : drawLatents(
              cache.take(indices.map((index) => (place.epoch % variants) * training.length + index)),
              files!,
              draws,
            );
      const timesteps = draws.randint(indices.length, 0, recipe.diffusion.timesteps);
      const seen = await see(examples, draws);
      return feedsFor({ clean, seen, examples }, { draws, dropout: recipe.dropout, timesteps });
    },

    async *validationFeeds() {
      if (validationReader === undefined) return;
      for (const [start, count] of portions(validation!.length, recipe.batchSize)) {
        const draws = drawsAt(recipe.seed, "validation", { epoch: 0, batch: start });
        const examples = await Promise.all(
          Array.from({ length: count }, (_, i) => validationReader.read(start + i, 0, square)),
        );
        const clean = await encode(pictureTensor(imagesOf(examples), { channels: pictureChannels }), draws);
        // Evenly spread over the levels, so that few examples say much.
        const timesteps = Float64Array.from({ length: count }, (_, i) =>
          Math.floor((((start + i) % 64) + 0.5) * (recipe.diffusion.timesteps / 64)),
        );
        const seen = await see(examples, draws);
        yield feedsFor({ clean, seen, examples }, { draws, dropout: 0, timesteps });
      }
    },

    names: async ({ indices, epoch }: BatchPosition & { indices: readonly number[] }) =>
      Promise.all(indices.map(async (index) => (await reader.readWhole(index, epoch)).id)),

    save: (weights, card) =>
      saveDiffusionModel(folder.model, {
        recipe,
        network,
        weights: tensorsBelow(weights, `${network.component}.`),
        card,
        autoencoder: files,
        text: textFiles,
      }),

    async samples() {
      const { count } = recipe.samples;
      const shown = validationReader ?? reader;
      const examples = await Promise.all(
        Array.from({ length: count }, (_, i) => shown.read(i % (validation ?? training).length, 0, square)),
      );
      const draws = drawsAt(recipe.seed, "validation", { epoch: 1, batch: 0 });
      const prompts = recipe.samples.prompts ?? (text && examples.map(captionOf));
      return sampleDiffusion({
        recipe,
        network,
        engine,
        model: folder.model,
        autoencoder: files,
        dims: [count, channels, square.height / factor, square.width / factor],
        context: text && (await text.encode(Array.from({ length: count }, (_, i) => prompts![i % prompts!.length]))),
        emptyContext: text && (await text.encode(Array<string>(count).fill(""))),
        seen: await see(examples, draws),
      });
    },
  };
}

const imagesOf = (examples: readonly Example[]): Image[] => examples.map(({ image }) => image);

/** The caption, "" where there is none: a picture without one is learnt as one that was left out. */
const captionOf = ({ caption }: Example): string => caption ?? "";

const captionsLookedFor = 32;

/** Throws Error when none of the first examples has a caption. */
async function checkCaptions(name: string, reader: ExampleReader, length: number): Promise<void> {
  for (let index = 0; index < Math.min(length, captionsLookedFor); index++) {
    if ((await reader.readWhole(index, 0)).caption !== undefined) return;
  }
  throw new Error(
    `Cannot learn texts from "${name}": its pictures have no captions (metadata.jsonl or .txt files are wanted)`,
  );
}

function labelOf({ id, label }: Example, classes: number): number {
  if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes)
    throw new RangeError(`Cannot train on "${id}": its label is ${label} (one from 0 to ${classes - 1} is wanted)`);
  return label;
}
