// What the files of trained adapters say about themselves, in the words of other programs.

import type { CardFacts } from "../save/model-card.ts";
import type { AdaptationRecipe, PriorRecipe } from "../recipe/adaptation.ts";
import type { BaseModel } from "./base-model.ts";

/** A file's name without ending, out of a recipe's name. */
export const fileStem = (name: string): string => name.replaceAll(/[^\p{L}\p{N}._ -]+/gu, "_").trim() || "adapter";

/** The name of a model's folder or file, as programs show it. */
export const modelName = ({ path }: Pick<BaseModel, "path">): string =>
  path.replace(/[\\/]+$/, "").replace(/^.*[\\/]/, "");

/** How a LoRA was trained, in kohya's keys: A1111 and its relatives show them. */
export async function kohyaMetadata(
  recipe: AdaptationRecipe & { readonly prior?: PriorRecipe },
  { base, facts, examples }: { base: BaseModel; facts: CardFacts; examples: number },
): Promise<Record<string, string>> {
  const { size, noise, schedule, optimizer, prior } = recipe;
  const isV = base.checkpoint.prediction === "v_prediction";
  const values = {
    output_name: fileStem(recipe.name),
    sd_model_name: modelName(base),
    sd_model_hash: await base.checkpoint.hash(),
    v2: base.checkpoint.family === "sd2" ? "True" : "False",
    v_parameterization: isV ? "True" : undefined,
    steps: facts.step,
    max_train_steps: recipe.steps,
    num_train_images: examples,
    num_reg_images: prior?.count ?? 0,
    batch_size_per_device: recipe.batchSize,
    gradient_accumulation_steps: recipe.accumulate,
    gradient_checkpointing: recipe.recompute ? "True" : "False",
    resolution: `(${size}, ${size})`,
    enable_bucket: recipe.buckets === undefined ? "False" : "True",
    learning_rate: recipe.learningRate,
    lr_scheduler: schedule.kind,
    lr_warmup_steps: schedule.warmup,
    optimizer: optimizer.kind,
    max_grad_norm: recipe.clipNorm,
    seed: recipe.seed,
    clip_skip: recipe.clipSkip === 1 ? undefined : recipe.clipSkip,
    caption_dropout_rate: recipe.dropout,
    noise_offset: noise.offsetNoise === 0 ? undefined : noise.offsetNoise,
    min_snr_gamma: noise.minSnrGamma,
    zero_terminal_snr: base.alphaBar.at(-1) === 0 ? "True" : undefined,
    prior_loss_weight: prior?.weight,
    training_comment: recipe.card.description,
  };
  // What kohya was not told either, it writes as Python's None.
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`ss_${key}`, String(value ?? "None")]));
}
