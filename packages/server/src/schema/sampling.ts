// Samplers and schedules, as menus show them.

import { z } from "zod";

const names = z
  .object({
    a1111: z.string().optional(),
    comfyui: z.string().optional(),
    diffusers: z.string().optional(),
    sdcpp: z.string().optional(),
  })
  .describe("What other programs call it");

/** A sampler. */
export const sampler = z
  .object({
    id: z.string(),
    order: z.number().describe("Of convergence"),
    evaluations: z.number().describe("Runs of the network a step"),
    kind: z.enum(["ode", "sde"]).describe("sde: adds noise as it goes"),
    schedule: z.string().describe("The schedule taken when none is named"),
    settings: z.array(z.string()).describe("The options it reads"),
    needsConsistencyModel: z.boolean().describe("Gives wrong pictures with any other model"),
    names,
    reference: z.string(),
  })
  .meta({ id: "Sampler" });

/** A sampler. */
export type Sampler = z.output<typeof sampler>;

/** A noise schedule. */
export const schedule = z
  .object({
    id: z.string(),
    title: z.string().describe("Its levels in words"),
    settings: z.array(z.string()),
    maxSteps: z.int().nullable(),
    names,
    reference: z.string().nullable(),
  })
  .meta({ id: "Schedule" });

/** A noise schedule. */
export type Schedule = z.output<typeof schedule>;
