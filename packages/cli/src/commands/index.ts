// The table of commands. To add one: its file and its row.

import type { Command } from "./command.ts";

/** A command that is loaded when it is called. */
export interface CommandRow {
  /** One line for the overview. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** The commands by name; a name of two words is a tool of the command that is its first. */
export const commands: Readonly<Record<string, CommandRow>> = {
  generate: { summary: "Make pictures; the word can be left out before a prompt", load: () => import("./generate.ts") },
  sample: { summary: "Make pictures with a model that takes no text", load: () => import("./sample.ts") },
  interpolate: { summary: "Make a moving picture between prompts and seeds", load: () => import("./interpolate.ts") },
  prompt: { summary: "Show what a prompt becomes: chunks, tokens, weights, steps", load: () => import("./prompt.ts") },
  upscale: { summary: "Enlarge pictures by a super-resolution network", load: () => import("./upscale.ts") },
  annotate: { summary: "Make control pictures: edges, lines, colours …", load: () => import("./annotate.ts") },
  serve: { summary: "Serve a page and APIs for making pictures", load: () => import("./serve.ts") },
  worker: { summary: "Do the jobs of servers on other machines", load: () => import("./worker.ts") },
  watermark: { summary: "Look for invisible watermarks", load: () => import("./watermark.ts") },
  "watermark read": {
    summary: "Say which watermark is in pictures",
    load: () => import("./watermark-read.ts"),
  },
  samplers: { summary: "List the samplers", load: () => import("./samplers.ts") },
  schedules: { summary: "List the noise schedules", load: () => import("./schedules.ts") },
  models: { summary: "List the checkpoints on this machine", load: () => import("./models.ts") },
  inspect: {
    summary: "Say what is in a checkpoint, another weights file or a saved picture",
    load: () => import("./inspect.ts"),
  },
  convert: { summary: "Write a model in another layout or precision", load: () => import("./convert.ts") },
  merge: { summary: "Mix several models into one", load: () => import("./merge.ts") },
  embedding: { summary: "Look at embeddings (textual inversion)", load: () => import("./embedding.ts") },
  "embedding inspect": {
    summary: "Say what is in files of embeddings",
    load: () => import("./embedding-inspect.ts"),
  },
  lora: { summary: "Look at LoRAs, merge, extract and resize them", load: () => import("./lora.ts") },
  "lora inspect": {
    summary: "Say what is in LoRAs and their relatives, and what they are for",
    load: () => import("./lora-inspect.ts"),
  },
  "lora merge": { summary: "Add several into one, or into a model", load: () => import("./lora-merge.ts") },
  "lora extract": {
    summary: "Take what fine-tuning changed in a model as a LoRA",
    load: () => import("./lora-extract.ts"),
  },
  "lora resize": { summary: "Write a LoRA with smaller ranks", load: () => import("./lora-resize.ts") },
  data: { summary: "Make, look at and clean training data", load: () => import("./data.ts") },
  "data stickers": {
    summary: "Make the sticker set from its pinned packages",
    load: () => import("./data-stickers.ts"),
  },
  "data stats": { summary: "Count pictures, sizes, captions, words", load: () => import("./data-stats.ts") },
  "data sheet": { summary: "Put pictures with their captions on one sheet", load: () => import("./data-sheet.ts") },
  "data dedupe": { summary: "Keep one of nearly equal pictures", load: () => import("./data-dedupe.ts") },
  "data captions": { summary: "Clean captions of the web", load: () => import("./data-captions.ts") },
  "data filter": { summary: "Keep pictures by size, shape and scores", load: () => import("./data-filter.ts") },
  train: { summary: "Train a model as a recipe says", load: () => import("./train.ts") },
  evaluate: { summary: "Measure pictures, autoencoders and models", load: () => import("./evaluate.ts") },
  "evaluate pictures": {
    summary: "Distances of generated pictures from real ones",
    load: () => import("./evaluate-pictures.ts"),
  },
  "evaluate autoencoder": {
    summary: "PSNR, SSIM and LPIPS of what an autoencoder gives back",
    load: () => import("./evaluate-autoencoder.ts"),
  },
  "evaluate judge": { summary: "Make a judge of concepts and styles", load: () => import("./evaluate-judge.ts") },
  "evaluate model": {
    summary: "What a judge sees in the pictures of a model, beside ceiling and floors",
    load: () => import("./evaluate-model.ts"),
  },
  "evaluate likelihood": {
    summary: "Bits per dimension of pictures under a model of pixels",
    load: () => import("./evaluate-likelihood.ts"),
  },
  doctor: { summary: "Say what this machine has: devices, memory, cache, versions", load: () => import("./doctor.ts") },
  bench: { summary: "Time a model: load, text, steps, decoding, memory", load: () => import("./bench.ts") },
};
