// Training runs: started with a recipe, watched by their events, stopped and resumed.

import { z } from "zod";

/** The states of a run; a stopped one was asked to end, an interrupted one lost its process. Both can go on. */
export const trainingStates = ["running", "finished", "stopped", "interrupted", "failed"] as const;

/** A run. */
export const trainingRun = z
  .object({
    id: z.string(),
    name: z.string().describe("What the recipe calls the model"),
    trainer: z.string(),
    state: z.enum(trainingStates),
    step: z.int().describe("Optimizer steps done"),
    steps: z.int().describe("Of how many"),
    recipe: z.record(z.string(), z.unknown()),
    samples: z.array(z.string()).describe("Where its newest sample pictures are"),
    report: z.string().describe("Where its report is, a page of HTML"),
    error: z.string().nullable(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: "TrainingRun" });

/** A run. */
export type TrainingRun = z.output<typeof trainingRun>;

/** What starts a run. */
export const trainingRequest = z
  .strictObject({
    recipe: z
      .record(z.string(), z.unknown())
      .describe(
        "As `noisette train` takes it; its paths are names of data sets, models and finished runs of this server",
      ),
  })
  .meta({ id: "TrainingRequest" });

/** What starts a run. */
export type TrainingRequest = z.input<typeof trainingRequest>;

const scalars = z.record(z.string(), z.union([z.number(), z.string()]));

/** What happens in a run; `kind` says which. The stream ends with `end` or `failed`. */
export const trainingHappening = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("start"),
    step: z.int(),
    steps: z.int(),
    device: z.string(),
    examples: z.int().describe("Pictures to learn from"),
  }),
  z.object({ kind: z.literal("notice"), step: z.int(), text: z.string() }),
  z.object({
    kind: z.literal("step"),
    step: z.int(),
    steps: z.int(),
    epoch: z.int(),
    learningRate: z.number(),
    imagesPerSecond: z.number(),
    remainingMs: z.number(),
    scalars,
  }),
  z.object({ kind: z.literal("validation"), step: z.int(), loss: z.number(), scalars }),
  z.object({
    kind: z.literal("samples"),
    step: z.int(),
    paths: z.array(z.string()).describe("Where the pictures are"),
  }),
  z.object({ kind: z.literal("checkpoint"), step: z.int() }),
  z.object({ kind: z.literal("end"), step: z.int(), how: z.enum(["finished", "paused", "interrupted"]) }),
  z.object({ kind: z.literal("failed"), step: z.int(), text: z.string() }),
]);

/** What happens in a run. */
export type TrainingHappening = z.output<typeof trainingHappening>;

/** An event of a run. */
export type TrainingEvent = TrainingHappening & { readonly id: string; readonly at: string };

/** Pictures to train on. */
export const datasetRecord = z
  .object({
    id: z.string().describe("What recipes name it by"),
    origin: z.enum(["folder", "uploaded"]),
    pictures: z.int(),
  })
  .meta({ id: "DatasetRecord" });

/** Pictures to train on. */
export type DatasetRecord = z.output<typeof datasetRecord>;
