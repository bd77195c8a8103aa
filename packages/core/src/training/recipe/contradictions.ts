// What single fields cannot say: which of a recipe's fields do not go together.

import type { AutoencoderRecipe } from "./autoencoder.ts";
import type { ClipRecipe } from "./clip.ts";
import type { AdaptationRecipe, PriorRecipe } from "./adaptation.ts";
import type { DiffusionRecipe } from "./diffusion.ts";
import type { HypernetworkRecipe } from "./hypernetwork.ts";
import type { JudgeRecipe } from "./judge.ts";
import type { ControlNetRecipe } from "./controlnet.ts";
import type { Recipe } from "./read-recipe.ts";
import type { TextualInversionRecipe } from "./textual-inversion.ts";
import { isWithin } from "../trainers/timesteps.ts";

/** A pair of fields that do not go together, and what to do about it. */
interface Contradiction<R> {
  readonly when: (recipe: R) => boolean;
  readonly is: string;
  readonly wanted: string;
}

const ofAll: readonly Contradiction<Recipe>[] = [
  {
    when: ({ schedule, steps }) => schedule.warmup >= steps,
    is: '"schedule.warmup" is no less than "steps"',
    wanted: "a shorter warm-up is wanted",
  },
  {
    when: ({ schedule: { kind, cycles } }) => cycles !== undefined && kind !== "cosineWithRestarts",
    is: '"schedule.cycles" is for "cosineWithRestarts", and "schedule.kind" is another',
    wanted: "one of them is wanted",
  },
  {
    when: ({ schedule: { kind, power, end } }) => (power ?? end) !== undefined && kind !== "polynomial",
    is: '"schedule.power" and "schedule.end" are for "polynomial", and "schedule.kind" is another',
    wanted: "one of them is wanted",
  },
  {
    when: ({ schedule: { kind, end = 1e-7 }, learningRate }) => kind === "polynomial" && end >= learningRate,
    is: '"schedule.end" is no less than "learningRate"',
    wanted: "a lower end is wanted",
  },
  {
    when: ({ data: { scenes } }) => scenes !== undefined && !Object.values(scenes.mix).some((weight) => weight > 0),
    is: 'all weights of "data.scenes.mix" are 0',
    wanted: "one above 0 is wanted",
  },
];

const ofAutoencoders: readonly Contradiction<AutoencoderRecipe>[] = [
  {
    when: ({ finetune }) => finetune?.latentNoise !== undefined && finetune.learns !== "decoder",
    is: '"finetune.latentNoise" is for decoders, and "finetune.learns" is "all"',
    wanted: '"decoder" is wanted: latents that may move would grow until the noise is nothing',
  },
  {
    when: ({ size, autoencoder }) => size % 2 ** (autoencoder.features.length - 1) !== 0,
    is: '"size" cannot be halved once for each of "autoencoder.features" after the first',
    wanted: "a multiple of the factor is wanted",
  },
  {
    when: ({ autoencoder: { features, groups } }) => features.some((width) => width % groups !== 0),
    is: '"autoencoder.groups" does not divide each of "autoencoder.features"',
    wanted: "a common divisor is wanted",
  },
  {
    when: ({ adversarial, batchSize }) => adversarial?.norm === "batch" && batchSize === 1,
    is: 'batches of 1 have no statistics for "adversarial.norm": "batch"',
    wanted: '"group", "none" or larger batches are wanted',
  },
  {
    when: ({ regularization, logVariance }) =>
      regularization.kind === "vq" && (logVariance.learn || logVariance.initial !== 0),
    is: '"logVariance" is for "kl", and "regularization.kind" is "vq"',
    wanted: "one of them is wanted",
  },
];

const ofClip: readonly Contradiction<ClipRecipe>[] = [
  {
    when: ({ vision, locked }) => (vision === undefined) === (locked === undefined),
    is: 'there are neither or both of "vision" and "locked"',
    wanted: "one image tower is wanted",
  },
  {
    when: ({ size, vision }) => vision !== undefined && size % vision.patch !== 0,
    is: '"vision.patch" does not divide "size"',
    wanted: "whole patches are wanted",
  },
  {
    when: ({ vision, text }) => [vision ?? text, text].some(({ width, heads }) => width % heads !== 0),
    is: "the heads do not divide the width of a tower",
    wanted: "heads of one width are wanted",
  },
  {
    when: ({ tokenizer }) => (tokenizer.path === undefined) === (tokenizer.vocabulary === undefined),
    is: '"tokenizer" has neither or both of "path" and "vocabulary"',
    wanted: "one is wanted",
  },
  {
    when: ({ finetune, tokenizer }) => finetune !== undefined && tokenizer.path === undefined,
    is: '"finetune" goes on with a text tower, and "tokenizer" would learn other tokens than it knows',
    wanted: 'the "path" of its tokenizer is wanted',
  },
  {
    when: ({ batchSize }) => batchSize === 1,
    is: "a batch of 1 has nothing to tell apart",
    wanted: "2 or more are wanted",
  },
  {
    when: ({ drafts, data }) => drafts !== undefined && data.flip,
    is: '"data.flip" mirrors what the image tower sees, and "drafts" are of pictures as they are',
    wanted: "one of them is wanted",
  },
  {
    when: ({ locked, data, ground }) => locked !== undefined && (data.flip || ground === "random"),
    is: '"data.flip" or a random "ground" would do nothing to the features of "locked", which are computed once',
    wanted: "neither is wanted",
  },
  {
    when: ({ locked, data }) => locked !== undefined && data.scenes !== undefined && data.scenes.variants === undefined,
    is: 'pictures of "data.scenes" are new every epoch, and the features of "locked" are computed once',
    wanted: '"data.scenes.variants" is wanted',
  },
];

const ofCachedLatents: readonly Contradiction<Pick<DiffusionRecipe, "latents" | "data">>[] = [
  {
    when: ({ latents, data }) =>
      latents === "cached" && data.scenes !== undefined && data.scenes.variants === undefined,
    is: 'pictures of "data.scenes" are new every epoch, and "latents" are "cached"',
    wanted: '"data.scenes.variants", or "latents": "each step", is wanted',
  },
  {
    when: ({ latents, data }) => latents === "cached" && data.flip,
    is: '"data.flip" would do nothing to cached latents',
    wanted: '"latents": "each step" or no flip is wanted',
  },
];

const ofDiffusion: readonly Contradiction<DiffusionRecipe>[] = [
  {
    when: ({ diffusion }) => diffusion.zeroTerminalSnr && diffusion.prediction === "epsilon",
    is: '"diffusion.prediction" is "epsilon", from which nothing is learnt at the last level of "zeroTerminalSnr"',
    wanted: '"v_prediction" or "sample" is wanted',
  },
  {
    when: ({ diffusion: { timesteps, timestepBias: bias } }) => bias !== undefined && !isWithin(bias, timesteps),
    is: '"diffusion.timestepBias" is no range of "diffusion.timesteps"',
    wanted: "a begin below an end within them is wanted",
  },
  {
    when: ({ text, classes, dropout }) => dropout > 0 && text === undefined && classes === undefined,
    is: '"dropout" has no condition to leave out',
    wanted: '"text" or "classes", or no dropout, is wanted',
  },
  {
    when: ({ samples, dropout }) => samples.guidanceScale > 1 && dropout === 0,
    is: '"samples.guidanceScale" is above 1 and "dropout" is 0: there is nothing to guide away from',
    wanted: "a dropout of 0.1 or so is wanted",
  },
  {
    when: ({ text, classes }) => text !== undefined && classes !== undefined,
    is: 'there are "text" and "classes"',
    wanted: "one condition is wanted",
  },
  {
    when: ({ samples, text }) => samples.prompts !== undefined && text === undefined,
    is: '"samples.prompts" is there and "text" is not',
    wanted: "a text encoder is wanted",
  },
  {
    when: ({ unet, text }) => unet.pooledText && text === undefined,
    is: '"unet.pooledText" is there and "text" is not',
    wanted: "a text encoder is wanted",
  },
  {
    when: ({ unet }) => unet.attention.length !== unet.features.length,
    is: '"unet.attention" and "unet.features" are not of one length',
    wanted: "one for each resolution is wanted",
  },
  {
    when: ({ unet: { features, groups } }) => features.some((width) => width % groups !== 0),
    is: '"unet.groups" does not divide each of "unet.features"',
    wanted: "a common divisor is wanted",
  },
  {
    when: ({ unet: { features, attention, headWidth } }) =>
      features.some((width, i) => (attention[i] || i === features.length - 1) && width % headWidth !== 0),
    is: '"unet.headWidth" does not divide the channels where there is attention (the last resolution always has)',
    wanted: "a common divisor is wanted",
  },
  {
    when: ({ autoencoder, channels }) => autoencoder !== undefined && channels !== 3,
    is: '"channels" is for pixels, and "autoencoder" makes latents',
    wanted: "one of them is wanted",
  },
  {
    when: ({ autoencoder, latents }) => autoencoder === undefined && latents !== "cached",
    is: '"latents" is there and "autoencoder" is not',
    wanted: "a folder of one is wanted",
  },
  ...ofCachedLatents.map((row) => ({
    ...row,
    when: (recipe: DiffusionRecipe) => recipe.autoencoder !== undefined && row.when(recipe),
  })),
];

const ofJudges: readonly Contradiction<JudgeRecipe>[] = [
  {
    when: ({ judge: { features, groups } }) => features.some((width) => width % groups !== 0),
    is: '"judge.groups" does not divide each of "judge.features"',
    wanted: "a common divisor is wanted",
  },
];

const ofAdaptations: readonly Contradiction<AdaptationRecipe>[] = ofCachedLatents;

const ofPriors: readonly Contradiction<AdaptationRecipe & { readonly prior?: PriorRecipe }>[] = [
  ...ofAdaptations,
  {
    when: ({ prior, buckets }) => prior !== undefined && buckets !== undefined,
    is: 'pictures of "prior" are square, and there are "buckets"',
    wanted: "one of them is wanted",
  },
];

const ofTextualInversion: readonly Contradiction<TextualInversionRecipe>[] = [
  {
    when: ({ texts }) => Array.isArray(texts) && texts.some((text) => !/\{(word|caption)\}/.test(text)),
    is: 'one of "texts" has neither "{word}" nor "{caption}"',
    wanted: "the word is to be learnt from every text",
  },
];

const ofHypernetworks: readonly Contradiction<HypernetworkRecipe>[] = [
  {
    when: ({ layerStructure }) => layerStructure[0] !== 1 || layerStructure.at(-1) !== 1,
    is: '"layerStructure" does not lead from 1 to 1',
    wanted: "what is changed keeps its width",
  },
  {
    when: ({ layerDropout, layerStructure }) =>
      layerDropout !== undefined &&
      (layerDropout.length !== layerStructure.length || layerDropout[0] !== 0 || layerDropout.at(-1) !== 0),
    is: '"layerDropout" is not as long as "layerStructure" with 0 first and last',
    wanted: "a share for each layer is wanted",
  },
];

const ofControlNets: readonly Contradiction<ControlNetRecipe>[] = [
  {
    when: ({ control, data }) => control.kind !== "annotators" && data.flip,
    is: '"data.flip" would not flip the pictures to follow',
    wanted: "annotators, or no flip, are wanted",
  },
];

/** The contradictions of each trainer's recipe. */
export const contradictions: {
  readonly [T in Recipe["trainer"]]: readonly Contradiction<Extract<Recipe, { trainer: T }>>[];
} = {
  autoencoder: [...ofAll, ...ofAutoencoders],
  clip: [...ofAll, ...ofClip],
  diffusion: [...ofAll, ...ofDiffusion],
  judge: [...ofAll, ...ofJudges],
  lora: [...ofAll, ...ofPriors],
  "textual-inversion": [...ofAll, ...ofAdaptations, ...ofTextualInversion],
  hypernetwork: [...ofAll, ...ofAdaptations, ...ofHypernetworks],
  dreambooth: [...ofAll, ...ofPriors],
  controlnet: [...ofAll, ...ofAdaptations, ...ofControlNets],
};
