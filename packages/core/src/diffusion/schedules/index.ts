// The table of noise schedules. To add one: its file and its row.
import type { Discretization } from "../discretization.ts";
import { sigmasBeta } from "./beta.ts";
import { sigmasDdimUniform } from "./ddim-uniform.ts";
import { sigmasExponential } from "./exponential.ts";
import { sigmasKarras } from "./karras.ts";
import { sigmasNormal } from "./normal.ts";
import { sigmasSgmUniform } from "./sgm-uniform.ts";
import { sigmasSimple } from "./simple.ts";
import type { Schedule } from "./types.ts";

/** One schedule, and what other systems call it. */
export interface ScheduleRow {
  readonly sigmas: Schedule;
  readonly title: string;
  readonly names: { readonly a1111?: string; readonly comfyui?: string; readonly diffusers?: string };
  readonly reference?: string;
}

/** The schedules by id. */
export const schedules = {
  normal: {
    sigmas: sigmasNormal,
    title: "Equal steps in timestep",
    names: { a1111: "Uniform", comfyui: "normal", diffusers: 'timestep_spacing: "linspace"' },
  },
  karras: {
    sigmas: sigmasKarras,
    title: "Equal steps in σ^(1/7)",
    names: { a1111: "Karras", comfyui: "karras", diffusers: "use_karras_sigmas" },
    reference: "arXiv 2206.00364",
  },
  exponential: {
    sigmas: sigmasExponential,
    title: "Equal steps in log σ",
    names: { a1111: "Exponential", comfyui: "exponential", diffusers: "use_exponential_sigmas" },
    reference: "arXiv 2206.00927",
  },
  simple: {
    sigmas: sigmasSimple,
    title: "Every (T/n)-th trained level",
    names: { a1111: "Simple", comfyui: "simple" },
  },
  sgm_uniform: {
    sigmas: sigmasSgmUniform,
    title: "Equal steps in timestep, ending one step above the cleanest level",
    names: { a1111: "SGM Uniform", comfyui: "sgm_uniform" },
  },
  ddim_uniform: {
    sigmas: sigmasDdimUniform,
    title: "Every ⌊T/n⌋-th trained level: DDIM's grid",
    names: { a1111: "DDIM", comfyui: "ddim_uniform", diffusers: 'timestep_spacing: "leading"' },
    reference: "arXiv 2010.02502",
  },
  beta: {
    sigmas: sigmasBeta,
    title: "Quantiles of a beta distribution over σ",
    names: { a1111: "Beta", diffusers: "use_beta_sigmas" },
    reference: "arXiv 2407.12173",
  },
} satisfies Record<string, ScheduleRow>;

/** A schedule's id. */
export type ScheduleId = keyof typeof schedules;

/** The noise levels of a run, falling to a final 0: `steps` + 1 of them (a few more for ddim_uniform when `steps` does not divide T). */
export function scheduleSigmas(id: ScheduleId, steps: number, model: Discretization): number[] {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`Cannot schedule ${steps} steps: a positive integer is wanted`);
  }
  return [...schedules[id].sigmas(steps, model), 0];
}
