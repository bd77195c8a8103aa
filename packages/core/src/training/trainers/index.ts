// The table of trainers. To add one: its recipe, its file and its row.

import type { Recipe, TrainerKind } from "../recipe/read-recipe.ts";
import { openAutoencoderTrainer } from "./autoencoder.ts";
import { openClipTrainer } from "./clip.ts";
import { openDiffusionTrainer } from "./diffusion.ts";
import { openJudgeTrainer } from "./judge.ts";
import type { Trainer, TrainerSetup } from "./trainer.ts";

type Open<K extends TrainerKind> = (recipe: Extract<Recipe, { trainer: K }>, setup: TrainerSetup) => Promise<Trainer>;

const trainers: { readonly [K in TrainerKind]: Open<K> } = {
  autoencoder: openAutoencoderTrainer,
  clip: openClipTrainer,
  diffusion: openDiffusionTrainer,
  judge: openJudgeTrainer,
};

/** The trainer of `recipe`, opened. */
export const openTrainer = (recipe: Recipe, setup: TrainerSetup): Promise<Trainer> =>
  (trainers[recipe.trainer] as Open<TrainerKind>)(recipe, setup);
