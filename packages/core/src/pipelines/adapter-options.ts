// The options that name adapters, and how strongly each acts over the steps.

import { z } from "zod";
import type { WeightCourse } from "../prompts/network-tags.ts";

const moment = z.number().min(0);

/** One LoRA, or relative of it. */
const lora = z.strictObject({
  /** Path of its file, or its name in the folder of adapters. */
  name: z.string().min(1),
  /** In the UNet: a number, or [at, weight] points with straight lines between. 1 by default. */
  weight: z.union([z.number(), z.array(z.tuple([moment, z.number()])).min(1)]).optional(),
  /** In the text encoders; the UNet's at the first step by default. */
  textWeight: z.number().optional(),
  /** Factors of the UNet's blocks, as the LoRA Block Weight extension counts them. */
  blockWeights: z.array(z.number()).min(1).optional(),
  /** Where in a run it begins and ends to act in the UNet: up to 1 a part of the steps, above a number of them. */
  start: moment.optional(),
  end: moment.optional(),
  /** Rank to cut it to, where it was trained for that (DyLoRA). */
  rank: z.int().min(1).optional(),
});

/** One hypernetwork. */
const hypernetwork = z.strictObject({
  /** Path of its file, or its name in the folder of adapters. */
  name: z.string().min(1),
  /** 1 by default. */
  weight: z.number().optional(),
});

/** One embedding. */
const embedding = z.strictObject({
  /** Path of its file, or its name in the folder of adapters. */
  name: z.string().min(1),
  /** What prompts call it; by default its file's name, and the word that the file gives it. */
  word: z.string().min(1).optional(),
});

/** Options that name adapters. */
export const adapterOptions = {
  loras: z
    .array(lora)
    .optional()
    .describe("LoRAs, LyCORIS and the like: files, or names in the folder of adapters, with weights"),
  hypernetworks: z
    .array(hypernetwork)
    .optional()
    .describe("Hypernetworks of A1111: files, or names in the folder of adapters, with weights"),
  embeddings: z
    .array(embedding)
    .optional()
    .describe("Embeddings (textual inversion) that prompts can name: files, or names in the folder of adapters"),
  mergeAdapters: z
    .boolean()
    .optional()
    .describe("Merge LoRAs into the weights: networks are loaded again for each, steps cost nothing more"),
} as const;

/** One LoRA as an option names it. */
export type LoraOption = z.output<typeof lora>;

/** How strongly an adapter acts. */
export interface AdapterStrength {
  readonly weight: WeightCourse;
  readonly textWeight: number;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** The strength that an option says. */
export function strengthOf({ weight = 1, textWeight, start, end }: Omit<LoraOption, "name">): AdapterStrength {
  const first = typeof weight === "number" ? weight : weightAt(weight, { step: 0, steps: 1 });
  return { weight, textWeight: textWeight ?? first, start, end };
}

/** The UNet's weight at step `step` (from 0) of `steps`. */
export function unetWeight(
  { weight, start = 0, end }: Pick<AdapterStrength, "weight" | "start" | "end">,
  at: StepOf,
): number {
  // Of n steps, step i acts where start ≤ i/n and (i + 1)/n ≤ end, as a control does.
  const stepsIn = (moment: number) => (moment > 1 ? moment : moment * at.steps);
  const isActive = at.step + 1e-9 >= stepsIn(start) && (end === undefined || at.step + 1 <= stepsIn(end) + 1e-9);
  return isActive ? weightAt(weight, at) : 0;
}

/** A step and their number. */
export interface StepOf {
  readonly step: number;
  readonly steps: number;
}

/** Straight lines between the points of `course`; before the first and behind the last one its weight. */
function weightAt(course: WeightCourse, { step, steps }: StepOf): number {
  if (typeof course === "number") return course;
  const points = course.map(([at, weight]) => ({ at: at > 1 ? at / steps : at, weight })).sort((a, b) => a.at - b.at);
  const part = step / steps;
  const next = points.findIndex(({ at }) => at > part);
  if (next < 0) return points.at(-1)!.weight;
  if (next === 0) return points[0].weight;
  const [from, to] = [points[next - 1], points[next]];
  return from.weight + ((part - from.at) / (to.at - from.at)) * (to.weight - from.weight);
}

/** The step of `sigmas` that an evaluation at σ belongs to, from 0; levels between two steps belong to the earlier one. */
export function stepAt(sigma: number, sigmas: readonly number[]): StepOf {
  const steps = sigmas.length - 1;
  const later = sigmas.findIndex((level) => level < sigma * (1 - 1e-6));
  return { step: Math.min(Math.max((later < 0 ? steps : later) - 1, 0), steps - 1), steps };
}
