// The table of trainers. To add one: its recipe, its file and its row.

import type { Recipe, TrainerKind } from "../recipe/read-recipe.ts";
import { openAutoencoderTrainer } from "./autoencoder.ts";
import { openClipTrainer } from "./clip.ts";
import { openControlNetTrainer } from "./controlnet.ts";
import { openDiffusionTrainer } from "./diffusion.ts";
import { openDreamboothTrainer } from "./dreambooth.ts";
import { openHypernetworkTrainer } from "./hypernetwork.ts";
import { openJudgeTrainer } from "./judge.ts";
import { openLoraTrainer } from "./lora.ts";
import { openTextualInversionTrainer } from "./textual-inversion.ts";
import type { Trainer, TrainerSetup } from "./trainer.ts";

type Open<K extends TrainerKind> = (recipe: Extract<Recipe, { trainer: K }>, setup: TrainerSetup) => Promise<Trainer>;

const trainers: { readonly [K in TrainerKind]: Open<K> } = {
  autoencoder: openAutoencoderTrainer,
  clip: openClipTrainer,
  diffusion: openDiffusionTrainer,
  judge: openJudgeTrainer,
  lora: openLoraTrainer,
  "textual-inversion": openTextualInversionTrainer,
  hypernetwork: openHypernetworkTrainer,
  dreambooth: openDreamboothTrainer,
  controlnet: openControlNetTrainer,
};

/** The trainer of `recipe`, opened. */
export const openTrainer = (recipe: Recipe, setup: TrainerSetup): Promise<Trainer> =>
  (trainers[recipe.trainer] as Open<TrainerKind>)(recipe, setup);
