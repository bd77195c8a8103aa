// What the recipes of all trainers have in common: data, steps, optimizer, and what is kept of a run.

import { z } from "zod";
import { emaWarmups } from "../ema.ts";
import { learningRateKinds } from "../learning-rate.ts";

const count = z.int().min(1).max(1e9);
const path = z.string().min(1);
const share = z.number().min(0).max(1);
const weightDecay = z.number().min(0).default(0).describe("Weight decay, taken off the weights themselves");
const exclude = z
  .array(z.enum(["norms", "biases", "embeddings"]))
  .default(["norms", "biases", "embeddings"])
  .describe("Parameters without weight decay");

/** An optimizer with its settings. */
const optimizerRecipe = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("adamw").describe("AdamW (arXiv 1711.05101)"),
    betas: z
      .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .default([0.9, 0.999])
      .describe("How slowly the averages of gradients and of their squares move"),
    epsilon: z.number().positive().default(1e-8).describe("Added to the root of the second average"),
    weightDecay: weightDecay.default(0.01),
    exclude,
  }),
  z.strictObject({
    kind: z.literal("lion").describe("Lion (arXiv 2302.06675)"),
    betas: z
      .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .default([0.9, 0.99])
      .describe("Share of the average in a step, and how slowly the average moves"),
    weightDecay,
    exclude,
  }),
  z.strictObject({
    kind: z
      .literal("muon")
      .describe("Muon for matrices, at AdamW's learning rates; AdamW for vectors and tables of embeddings"),
    momentum: z.number().min(0).lt(1).default(0.95).describe("How slowly the averages of gradients move"),
    betas: z
      .tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)])
      .default([0.9, 0.95])
      .describe("The same for AdamW's averages, and those of squares"),
    weightDecay: weightDecay.default(0.1),
    exclude,
  }),
  z.strictObject({
    kind: z.literal("adafactor").describe("Adafactor (arXiv 1804.04235), its second averages as rows and columns"),
    relativeStep: z
      .boolean()
      .default(true)
      .describe("The learning rate is a factor on min(0.01, 1/√step), not the size of steps itself"),
    scaleParameter: z.boolean().default(true).describe("Steps are relative to the parameter's root mean square"),
    weightDecay,
    exclude,
  }),
  z.strictObject({
    kind: z.literal("sgd").describe("Gradient descent with momentum"),
    momentum: z.number().min(0).lt(1).default(0.9).describe("Share of the last step in the next"),
    nesterov: z.boolean().default(false).describe("Looks ahead along the momentum"),
    weightDecay,
    exclude,
  }),
]);

/** What is set aside, with so many examples by default. */
export const validationField = (examples: number) =>
  z
    .strictObject({
      path: path.optional().describe("Pictures to validate on; without it some of the data are set aside"),
      examples: z.int().min(0).max(1e6).default(examples).describe("How many; 0 for no validation"),
    })
    .prefault({})
    .describe("What the loss is measured on that nothing is learnt from");

/** The fields that every recipe has. */
export const runFields = {
  name: z.string().min(1).describe("What the model is called in its card"),
  card: z
    .strictObject({
      license: z.string().min(1).optional().describe("License of the weights, as an SPDX identifier"),
      description: z.string().min(1).optional().describe("A paragraph for the model card"),
      data: z.string().min(1).optional().describe("What it was trained on, with the data's licences"),
    })
    .prefault({})
    .describe("What the model card says"),
  data: z
    .strictObject({
      path: path.describe("Folder, shards or manifest of pictures, as `noisette data` reads them"),
      fit: z
        .enum(["crop", "pad", "stretch"])
        .default("crop")
        .describe("How a picture of another shape comes to the size"),
      flip: z.boolean().default(false).describe("Half of the pictures are seen mirrored"),
      scenes: z
        .strictObject({
          mix: z
            .strictObject({
              single: share.default(0.6).describe("Weight of single stickers"),
              grounded: share.default(0.15).describe("Weight of stickers on a plain colour"),
              coloured: share.default(0.1).describe("Weight of stickers in another colour"),
              composed: share.default(0.15).describe("Weight of two things, several of one, and small ones"),
            })
            .prefault({})
            .describe("How often each kind is drawn"),
          augmented: share
            .default(0.5)
            .describe("Share of single stickers that are moved, turned and mirrored a little"),
          languages: z
            .array(z.string().min(2))
            .default(["zh", "ja"])
            .describe("Languages of captions beside English, by their tags"),
          unstyled: share.default(0.1).describe("Share of captions that leave the style out"),
          variants: count.optional().describe("Pictures that are drawn of each sticker (a new one every epoch)"),
        })
        .optional()
        .describe("The path is that of the sticker set, of which scenes and captions are drawn anew every epoch"),
    })
    .describe("The pictures"),
  validation: validationField(64),
  seed: z.int().min(0).default(0).describe("Seed of the weights, the order and every random number"),
  steps: count.describe("Optimizer steps"),
  batchSize: count.describe("Pictures in a batch"),
  accumulate: count.default(1).describe("Batches to an optimizer step"),
  learningRate: z.number().positive().default(1e-4).describe("Learning rate at its highest"),
  schedule: z
    .strictObject({
      kind: z.enum(learningRateKinds).default("constant").describe("How the learning rate goes on"),
      warmup: z.int().min(0).default(0).describe("Steps in which it rises from 0"),
      cycles: z.int().min(1).optional().describe("cosineWithRestarts: times that it falls (1)"),
      power: z.number().positive().optional().describe("polynomial: its exponent (1)"),
      end: z.number().min(0).optional().describe("polynomial: where it ends (1e-7)"),
    })
    .prefault({})
    .describe("How the learning rate moves"),
  optimizer: optimizerRecipe.prefault({ kind: "adamw" }).describe("How weights move"),
  clipNorm: z.number().positive().optional().describe("Largest norm of the gradients, longer ones are shortened"),
  ema: z
    .strictObject({
      decay: z.number().min(0).lt(1).default(0.9999).describe("How slowly the averaged weights move"),
      warmup: z.enum(emaWarmups).default("diffusers").describe("How the decay rises to that, as whose trainers do it"),
    })
    .optional()
    .describe("Averaged weights, which are then the ones to validate, sample and save"),
  recompute: z
    .boolean()
    .default(false)
    .describe("Computes activations a second time for the gradients: more work, far less memory"),
  every: z
    .strictObject({
      log: count.default(10).describe("Steps between lines of the log"),
      validate: count.default(500).describe("Steps between validations"),
      sample: count.default(1000).describe("Steps between sample pictures"),
      checkpoint: count.default(500).describe("Steps between checkpoints"),
    })
    .prefault({})
    .describe("How often things happen"),
  keep: count.default(3).describe("Checkpoints to keep beside the best"),
};

/** Width and height of what is trained on. */
export const sizeField = z.int().min(1).max(4096).describe("Side of the pictures, in pixels");
