// What trainers have in common that teach an existing model something: its pictures and texts in, its own loss out. Each of
// them says what learns, and where it stands in the graph.

import type { Example } from "../../data/dataset.ts";
import type { EmbeddingTable } from "../../prompts/embeddings.ts";
import { symbol } from "../../graph/dim.ts";
import { input } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import { unet } from "../../models/unet.ts";
import type { ControlResiduals } from "../../models/controlnet.ts";
import type { UNetEncoderInputs } from "../../models/unet-encoder.ts";
import { tensor } from "../../tensor/tensor.ts";
import { concatenate } from "../../util/concatenate.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import { drawsAt } from "../draws.ts";
import type { AdaptationRecipe } from "../recipe/adaptation.ts";
import type { BaseModel } from "./base-model.ts";
import { baseText, baseTextGraph, textFeeds } from "./base-text.ts";
import type { BaseTextOptions } from "./base-text.ts";
import type { ClassPictures } from "./class-pictures.ts";
import { noisedLoss } from "./diffusion-program.ts";
import { openLearntPictures } from "./learnt-pictures.ts";
import type { LearntBatch, LearntPictures } from "./learnt-pictures.ts";
import { noiseLevelsOf } from "./noise-levels.ts";
import { noisedFeeds } from "./noised-feeds.ts";
import { openCachedStates } from "./text-states.ts";
import { drawTimesteps, validationTimesteps } from "./timesteps.ts";
import { toldSizes } from "./told-sizes.ts";
import type { Feeds, Trainer, TrainerSetup } from "./trainer.ts";

/** What one kind of teaching needs. */
export interface AdaptationOptions {
  readonly base: BaseModel;
  readonly setup: TrainerSetup;
  /** Text encoders are part of the graph: what learns is in them, or in what they are given. */
  readonly tracesText: boolean;
  /** What a picture is called. */
  readonly textOf: (example: Example, draws: TorchGenerator) => string;
  /** Whether pictures are called by their captions, which some of them need to have. */
  readonly captions: boolean;
  /** Words of texts that are learned vectors. */
  readonly table?: EmbeddingTable;
  /** Pictures of the class, learnt beside those of the thing. */
  readonly prior?: ClassPictures;
  /** Further inputs of the graph for some examples with their texts; where they need the pictures, `seesPictures`. */
  readonly more?: (batch: MoreOf) => Feeds | Promise<Feeds>;
  readonly seesPictures?: boolean;
}

/** What further inputs are made of. */
export interface MoreOf {
  readonly examples: LearntBatch["examples"];
  /** As they are learnt: "" for one that is left out. */
  readonly texts: readonly string[];
  readonly draws: TorchGenerator;
  /** Not so for validation. */
  readonly isTraining: boolean;
}

/** What may be other in the model's graph. */
export interface LossParts {
  /** Learned vectors in texts. */
  readonly replaced?: BaseTextOptions["replaced"];
  /** What a ControlNet adds, from what the UNet sees of a step. */
  readonly residuals?: (seen: UNetEncoderInputs) => ControlResiduals;
}

/** A model being taught. */
export interface Adaptation {
  readonly pictures: LearntPictures;
  /** The denoising loss of the model, with its parameters below `p` as in BaseModel's `tensors`. */
  loss(p: Params, parts?: LossParts): Value;
  /** A trainer but for what learns and how it is saved. */
  readonly trainer: Pick<Trainer, "batches" | "judgedBy" | "feeds" | "validationFeeds" | "names">;
}

/** Opens what `recipe` teaches with. Throws Error when the pictures do not fit the model. */
export async function openAdaptation(recipe: AdaptationRecipe, options: AdaptationOptions): Promise<Adaptation> {
  const { base, setup, tracesText, textOf, table, prior, more } = options;
  const { autoencoder, checkpoint, unet: config } = base;
  const { prediction } = checkpoint;
  const levels = noiseLevelsOf(base.alphaBar, { prediction, minSnrGamma: recipe.noise.minSnrGamma });
  const isSdxl = config.textTime !== undefined;
  const pooledWidth = base.encoders.at(-1)!.config.projection ?? 0;

  const pictures = await openLearntPictures(recipe, {
    setup,
    autoencoder,
    channels: autoencoder.imageChannels,
    captions: options.captions,
    needs: options.seesPictures ? "pictures" : "texts",
  });
  const states = tracesText
    ? undefined
    : await openCachedStates(setup.engine, {
        graph: baseTextGraph(base, recipe),
        tensors: base.tensors,
        source: base.path,
        feeds: (texts) => textFeeds(base, texts),
      });

  /** Some pictures with their texts, and how much each counts beside its level's weight. */
  interface Told extends LearntBatch {
    readonly texts: readonly string[];
    readonly counts?: readonly number[];
  }
  const withTexts = (learnt: LearntBatch, draws: TorchGenerator): Told => ({
    ...learnt,
    texts: learnt.examples.map((example) => textOf(example, draws)),
  });

  async function feedsFor(
    { clean, examples, texts, counts }: Told,
    { draws, isTraining, timesteps }: { draws: TorchGenerator; isTraining: boolean; timesteps: Float64Array },
  ): Promise<Feeds> {
    const { weight, ...noised } = noisedFeeds(clean, {
      timesteps,
      levels,
      offsetNoise: recipe.noise.offsetNoise,
      draws,
    });
    const [count, , height, width] = clean.dims;
    const dropout = isTraining ? recipe.dropout : 0;
    const kept = Array.from(draws.rand(count), (u, i) => (u < dropout ? "" : texts[i]));
    const shape = { width: width * autoencoder.factor, height: height * autoencoder.factor };
    return {
      ...noised,
      weight: { dims: weight.dims, data: Float32Array.from(weight.data, (w, i) => w * (counts?.[i] ?? 1)) },
      ...(states === undefined ? textFeeds(base, kept, table) : await states.encode(kept)),
      ...(isSdxl && { timeIds: toldSizes(examples, { count, shape, fit: recipe.data.fit }) }),
      ...(await more?.({ examples, texts: kept, draws, isTraining })),
    };
  }

  return {
    pictures,
    loss(p, { replaced, residuals } = {}) {
      const n = symbol("batch");
      const text = tracesText
        ? baseText(p, base, { ...recipe, replaced })
        : {
            context: input("context", [n, base.encoders[0].config.positions, config.contextWidth]),
            ...(isSdxl && { textEmbeds: input("textEmbeds", [n, pooledWidth]) }),
          };
      return noisedLoss(
        (noisy) => {
          const seen: UNetEncoderInputs = { ...noisy, ...text, ...(isSdxl && { timeIds: input("timeIds", [n, 6]) }) };
          return unet(p.at("unet"), { ...seen, residuals: residuals?.(seen) }, config);
        },
        { prediction, channels: autoencoder.latentChannels, size: pictures.size },
      );
    },
    trainer: {
      batches: { length: setup.training.length, weights: setup.training.weights, groups: pictures.groups },
      judgedBy: "denoising.loss",
      names: pictures.names,
      async feeds(batch) {
        const draws = drawsAt(recipe.seed, "batch", batch);
        const own = withTexts(await pictures.batch(batch, draws), draws);
        const count = batch.indices.length;
        const both = prior === undefined ? own : joined(own, await prior.batch(count, draws), prior.weight);
        const timesteps = drawTimesteps(draws, both.texts.length, {
          timesteps: base.alphaBar.length,
          bias: recipe.noise.timestepBias,
        });
        return feedsFor(both, { draws, isTraining: true, timesteps });
      },
      async *validationFeeds() {
        for await (const { start, draws, ...learnt } of pictures.validation()) {
          const timesteps = validationTimesteps(start, learnt.examples.length, base.alphaBar.length);
          yield feedsFor(withTexts(learnt, draws), { draws, isTraining: false, timesteps });
        }
      },
    },
  };

  /** Both halves: the loss, a mean over them, is to be the mean of the first and `weight` times the mean of the second. */
  function joined(own: Told, others: Told, weight: number): Told {
    const [count, ...dims] = own.clean.dims;
    return {
      clean: tensor([2 * count, ...dims], concatenate([own.clean.data, others.clean.data])),
      examples: [...own.examples, ...others.examples],
      texts: [...own.texts, ...others.texts],
      counts: Array.from({ length: 2 * count }, (_, i) => (i < count ? 2 : 2 * weight)),
    };
  }
}
