// Trains a denoising network: on pixels or latents, with texts, classes, pictures or nothing as the condition.

import { tensorsBelow } from "../../checkpoints/save/model-parts.ts";
import type { Example } from "../../data/dataset.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { drawsAt } from "../draws.ts";
import { zeroOutputs } from "../initialize.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { saveDiffusionModel } from "../save/diffusion-model.ts";
import { readAutoencoder } from "./autoencoder-files.ts";
import { begunUnet } from "./begun-unet.ts";
import { captionOf } from "./captions.ts";
import { denoisingNetwork } from "./denoising-network.ts";
import { diffusionProgram } from "./diffusion-program.ts";
import { sampleDiffusion } from "./diffusion-samples.ts";
import { imageCondition } from "./image-condition.ts";
import { imagesOf, openLearntPictures } from "./learnt-pictures.ts";
import type { LearntBatch } from "./learnt-pictures.ts";
import { noiseLevels } from "./noise-levels.ts";
import { noisedFeeds } from "./noised-feeds.ts";
import { openTextStates, readTextEncoder } from "./text-encoder.ts";
import { drawTimesteps, validationTimesteps } from "./timesteps.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** Opens the trainer of `recipe`. Throws Error when what it builds on cannot be read, or has other channels or sizes. */
export async function openDiffusionTrainer(recipe: DiffusionRecipe, setup: TrainerSetup): Promise<Trainer> {
  const { engine, training, folder } = setup;
  const files = recipe.autoencoder === undefined ? undefined : await readAutoencoder(recipe.autoencoder);
  const pictureChannels = files?.imageChannels ?? recipe.channels;
  const channels = files?.latentChannels ?? recipe.channels;
  const factor = files?.factor ?? 1;

  const textFiles = recipe.text && (await readTextEncoder(recipe.text.path));
  const text = textFiles && (await openTextStates(engine, textFiles, recipe.text!.path));
  const condition = recipe.image && imageCondition(recipe.image);
  const seenChannels = condition?.channels({ learnt: channels, picture: pictureChannels }) ?? 0;
  const network = denoisingNetwork(recipe, {
    sampleSize: recipe.size / factor,
    inChannels: channels + seenChannels,
    outChannels: channels,
    contextWidth: text?.width,
  });

  const pictures = await openLearntPictures(recipe, {
    setup,
    autoencoder: files,
    channels: pictureChannels,
    captions: text !== undefined,
    needs:
      condition !== undefined ? "pictures" : text !== undefined || network.classes !== undefined ? "texts" : "nothing",
  });
  const levels = noiseLevels(recipe);

  /** What the picture condition of `examples` shows. */
  const see = async (examples: readonly Example[], draws: TorchGenerator): Promise<Tensor | undefined> => {
    if (condition === undefined) return undefined;
    const [{ image }] = examples;
    return condition.see({
      pictures: imagesOf(examples),
      channels: pictureChannels,
      size: [image.height / factor, image.width / factor],
      draws,
      encode: (seen) => pictures.encode(seen, draws),
    });
  };
  /** The graph's inputs for some examples. */
  async function feedsFor(
    { clean, examples }: LearntBatch,
    { draws, dropout, timesteps }: { draws: TorchGenerator; dropout: number; timesteps: Float64Array },
  ): Promise<Feeds> {
    const seen = await see(examples, draws);
    const noised = noisedFeeds(clean, { timesteps, levels, offsetNoise: recipe.diffusion.offsetNoise, draws });
    const [count] = clean.dims;
    const dropped = draws.rand(count).map((u) => (u < dropout ? 1 : 0));
    return {
      ...noised,
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

  return {
    program: diffusionProgram({
      network,
      prediction: recipe.diffusion.prediction,
      channels,
      seenChannels,
      size: pictures.size,
      ...(text && { text: [text.tokens, text.width] }),
    }),
    ...(recipe.finetune && { initial: await begunUnet(recipe.finetune.path, network) }),
    rules: [zeroOutputs],
    batches: { length: training.length, weights: training.weights, groups: pictures.groups },
    judgedBy: "denoising.loss",

    async feeds(batch) {
      const draws = drawsAt(recipe.seed, "batch", batch);
      const learnt = await pictures.batch(batch, draws);
      const { timesteps: count, timestepBias: bias } = recipe.diffusion;
      const timesteps = drawTimesteps(draws, batch.indices.length, { timesteps: count, bias });
      return feedsFor(learnt, { draws, dropout: recipe.dropout, timesteps });
    },

    async *validationFeeds() {
      for await (const { start, draws, ...learnt } of pictures.validation()) {
        const timesteps = validationTimesteps(start, learnt.examples.length, recipe.diffusion.timesteps);
        yield feedsFor(learnt, { draws, dropout: 0, timesteps });
      }
    },

    names: pictures.names,

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
      const examples = await pictures.shown(count);
      const draws = drawsAt(recipe.seed, "validation", { epoch: 1, batch: 0 });
      const prompts = recipe.samples.prompts ?? (text && examples.map(captionOf));
      return sampleDiffusion({
        recipe,
        network,
        engine,
        model: folder.model,
        autoencoder: files,
        dims: [count, channels, pictures.square.height / factor, pictures.square.width / factor],
        context: text && (await text.encode(Array.from({ length: count }, (_, i) => prompts![i % prompts!.length]))),
        emptyContext: text && (await text.encode(Array<string>(count).fill(""))),
        seen: await see(examples, draws),
      });
    },
  };
}

function labelOf({ id, label }: Example, classes: number): number {
  if (label === undefined || !Number.isInteger(label) || label < 0 || label >= classes)
    throw new RangeError(`Cannot train on "${id}": its label is ${label} (one from 0 to ${classes - 1} is wanted)`);
  return label;
}
