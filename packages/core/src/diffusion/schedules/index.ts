// The table of noise schedules. To add one: its file and its row.
import type { Discretization } from "../discretization.ts";
import { alignYourSteps, alignYourStepsA1111 } from "./align-your-steps.ts";
import { sigmasBeta, sigmasBetaTimesteps } from "./beta.ts";
import { sigmasBongTangent } from "./bong-tangent.ts";
import { sigmasDdimUniform } from "./ddim-uniform.ts";
import { sigmasLcm, sigmasTurbo } from "./distilled.ts";
import { sigmasExponential } from "./exponential.ts";
import { sigmasGits } from "./gits.ts";
import { sigmasEdm, sigmasKarras } from "./karras.ts";
import { sigmasKlOptimal, sigmasKlOptimalToMin } from "./kl-optimal.ts";
import { sigmasLaplace } from "./laplace.ts";
import { sigmasLinearQuadratic } from "./linear-quadratic.ts";
import { sigmasNormal } from "./normal.ts";
import { sigmasPolyexponential } from "./polyexponential.ts";
import { sigmasSgmUniform } from "./sgm-uniform.ts";
import { sigmasSimple } from "./simple.ts";
import { sigmasSmoothstep } from "./smoothstep.ts";
import { sigmasLeading, sigmasLinspace, sigmasTrailing } from "./spaced.ts";
import type { Schedule, ScheduleSettings } from "./types.ts";
import { sigmasVp } from "./vp.ts";

/** One schedule, and what other systems call it. */
export interface ScheduleRow {
  readonly sigmas: Schedule;
  readonly title: string;
  /** The settings it reads. */
  readonly settings?: readonly (keyof ScheduleSettings)[];
  /** Its levels do not follow the model's: they may begin above σ_max. */
  readonly ownRange?: true;
  /** It has levels for so many steps only. */
  readonly maxSteps?: number;
  /** It may have fewer levels than steps asked for, because some of them are one. */
  readonly mergesLevels?: true;
  /** The run ends at its last level, above 0, and so with a little noise left. */
  readonly endsAboveZero?: true;
  readonly names: {
    readonly a1111?: string;
    readonly comfyui?: string;
    readonly diffusers?: string;
    readonly sdcpp?: string;
  };
  readonly reference?: string;
}

/** The schedules by id. */
export const schedules = {
  normal: {
    sigmas: sigmasNormal,
    title: "Equal steps in timestep",
    names: { a1111: "Uniform", comfyui: "normal", diffusers: 'timestep_spacing: "linspace"', sdcpp: "discrete" },
  },
  karras: {
    sigmas: sigmasKarras,
    title: "Equal steps in σ^(1/7)",
    settings: ["rho"],
    names: { a1111: "Karras", comfyui: "karras", diffusers: "use_karras_sigmas", sdcpp: "karras" },
    reference: "arXiv 2206.00364",
  },
  exponential: {
    sigmas: sigmasExponential,
    title: "Equal steps in log σ",
    names: { a1111: "Exponential", comfyui: "exponential", diffusers: "use_exponential_sigmas", sdcpp: "exponential" },
    reference: "arXiv 2206.00927",
  },
  polyexponential: {
    sigmas: sigmasPolyexponential,
    title: "Equal steps in (log σ)^(1/ρ); at ρ = 1, where nothing else is asked for, those of exponential",
    settings: ["rho"],
    names: { a1111: "Polyexponential", comfyui: "PolyexponentialScheduler" },
    reference: "Crowson, k-diffusion",
  },
  simple: {
    sigmas: sigmasSimple,
    title: "Every (T/n)-th trained level",
    names: { a1111: "Simple", comfyui: "simple", sdcpp: "simple" },
  },
  sgm_uniform: {
    sigmas: sigmasSgmUniform,
    title: "Equal steps in timestep, ending one step above the cleanest level",
    names: { a1111: "SGM Uniform", comfyui: "sgm_uniform", sdcpp: "sgm_uniform" },
  },
  ddim_uniform: {
    sigmas: sigmasDdimUniform,
    title: "Every ⌊T/n⌋-th trained level: DDIM's grid",
    names: { a1111: "DDIM", comfyui: "ddim_uniform", diffusers: 'timestep_spacing: "leading"' },
    reference: "arXiv 2010.02502",
  },
  trailing: {
    sigmas: sigmasTrailing,
    title: "Every (T/n)-th timestep from the noisiest on, rounded",
    names: { diffusers: 'timestep_spacing: "trailing"' },
    reference: "arXiv 2305.08891",
  },
  leading: {
    sigmas: sigmasLeading,
    title: "Every ⌊T/n⌋-th timestep from 1 on, n of them",
    names: { diffusers: 'timestep_spacing: "leading", steps_offset: 1' },
    reference: "arXiv 2305.08891",
  },
  linspace: {
    sigmas: sigmasLinspace,
    title: "Equal steps in timestep, rounded",
    names: { diffusers: 'timestep_spacing: "linspace", rounded' },
    reference: "arXiv 2305.08891",
  },
  beta: {
    sigmas: sigmasBeta,
    title: "Quantiles of a beta distribution over σ",
    settings: ["alpha", "beta"],
    names: { a1111: "Beta", diffusers: "use_beta_sigmas" },
    reference: "arXiv 2407.12173",
  },
  beta_timesteps: {
    sigmas: sigmasBetaTimesteps,
    title: "Quantiles of a beta distribution over the timesteps",
    settings: ["alpha", "beta"],
    mergesLevels: true,
    names: { comfyui: "beta", sdcpp: "beta" },
    reference: "arXiv 2407.12173",
  },
  kl_optimal: {
    sigmas: sigmasKlOptimal,
    title: "Equal steps in arctan σ",
    names: { comfyui: "kl_optimal", sdcpp: "kl_optimal" },
    reference: "arXiv 2404.14507",
  },
  kl_optimal_a1111: {
    sigmas: sigmasKlOptimalToMin,
    title: "Equal steps in arctan σ that end at σ_min instead of 0",
    endsAboveZero: true,
    names: { a1111: "KL Optimal" },
    reference: "arXiv 2404.14507",
  },
  align_your_steps_sd1: {
    sigmas: alignYourSteps("sd1"),
    title: "Levels optimized for Stable Diffusion 1",
    ownRange: true,
    names: { comfyui: "AlignYourStepsScheduler, SD1", sdcpp: "ays" },
    reference: "arXiv 2404.14507",
  },
  align_your_steps_sdxl: {
    sigmas: alignYourSteps("sdxl"),
    title: "Levels optimized for SDXL",
    ownRange: true,
    names: { comfyui: "AlignYourStepsScheduler, SDXL", sdcpp: "ays" },
    reference: "arXiv 2404.14507",
  },
  align_your_steps_svd: {
    sigmas: alignYourSteps("svd"),
    title: "Levels optimized for Stable Video Diffusion, from σ = 700",
    ownRange: true,
    names: { comfyui: "AlignYourStepsScheduler, SVD", sdcpp: "ays" },
    reference: "arXiv 2404.14507",
  },
  align_your_steps_sd1_a1111: {
    sigmas: alignYourStepsA1111("sd1"),
    title: "The same for Stable Diffusion 1 as AUTOMATIC1111 interpolates it, σ_min included",
    ownRange: true,
    names: { a1111: "Align Your Steps" },
    reference: "arXiv 2404.14507",
  },
  align_your_steps_sdxl_a1111: {
    sigmas: alignYourStepsA1111("sdxl"),
    title: "The same for SDXL as AUTOMATIC1111 interpolates it, σ_min included",
    ownRange: true,
    names: { a1111: "Align Your Steps (SDXL)" },
    reference: "arXiv 2404.14507",
  },
  gits: {
    sigmas: sigmasGits,
    title: "Levels where the trajectories of Stable Diffusion bend equally",
    settings: ["coefficient"],
    ownRange: true,
    names: { comfyui: "GITSScheduler", sdcpp: "gits" },
    reference: "arXiv 2405.11326",
  },
  laplace: {
    sigmas: sigmasLaplace,
    title: "Quantiles of a Laplace distribution over log σ",
    settings: ["mean", "scale"],
    mergesLevels: true,
    names: { comfyui: "LaplaceScheduler" },
    reference: "arXiv 2407.03297",
  },
  linear_quadratic: {
    sigmas: sigmasLinearQuadratic,
    title: "Small equal steps, then quadratically growing ones",
    settings: ["threshold"],
    names: { comfyui: "linear_quadratic" },
    reference: "Genmo, Mochi 1",
  },
  smoothstep: {
    sigmas: sigmasSmoothstep,
    title: "Timesteps along 3u² − 2u³",
    mergesLevels: true,
    names: { sdcpp: "smoothstep" },
  },
  bong_tangent: {
    sigmas: sigmasBongTangent,
    title: "Two arcs of an arctangent in σ",
    names: { comfyui: "bong_tangent (RES4LYF)", sdcpp: "bong_tangent" },
  },
  vp: {
    sigmas: sigmasVp,
    title: "Equal steps in the time of the continuous VP-SDE, from σ = 152",
    ownRange: true,
    names: { comfyui: "VPScheduler" },
    reference: "arXiv 2011.13456",
  },
  edm: {
    sigmas: sigmasEdm,
    title: "Karras levels from 80 to 0.002",
    settings: ["rho"],
    ownRange: true,
    names: { diffusers: "EDMEulerScheduler" },
    reference: "arXiv 2206.00364",
  },
  turbo: {
    sigmas: sigmasTurbo,
    title: "The first of ten equal steps: for SD-Turbo and SDXL-Turbo",
    maxSteps: 10,
    names: { a1111: "Turbo", comfyui: "SDTurboScheduler" },
    reference: "arXiv 2311.17042",
  },
  lcm: {
    sigmas: sigmasLcm,
    title: "The 50 levels of latent consistency models, equally spread",
    maxSteps: 50,
    names: { diffusers: "LCMScheduler, TCDScheduler", sdcpp: "lcm" },
    reference: "arXiv 2310.04378",
  },
} satisfies Record<string, ScheduleRow>;

/** A schedule's id. */
export type ScheduleId = keyof typeof schedules;

/** The table with its rows' common type, for code that walks it. */
export const scheduleTable: Readonly<Record<ScheduleId, ScheduleRow>> = schedules;

/**
 * The noise levels of a run, falling to a final 0 (kl_optimal_a1111: to σ_min): `steps` + 1 of them, a few more for ddim_uniform when
 * `steps` does not divide T, fewer where the schedule merges levels. Throws RangeError for a number of steps it does not have, and TypeError
 * for a setting it does not read.
 */
export function scheduleSigmas(
  id: ScheduleId,
  steps: number,
  model: Discretization,
  settings: ScheduleSettings = {},
): number[] {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new RangeError(`Cannot schedule ${steps} steps: a positive integer is wanted`);
  }
  const { sigmas, maxSteps = Infinity, settings: known = [], endsAboveZero } = scheduleTable[id];
  if (steps > maxSteps) throw new RangeError(`Cannot schedule ${steps} steps of ${id}: ${maxSteps} at most are wanted`);
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined && !known.some((setting) => setting === name)) {
      throw new TypeError(`Cannot set "${name}" for ${id}: it reads ${known.join(", ") || "no settings"}`);
    }
  }
  const levels = sigmas(steps, model, settings);
  return endsAboveZero ? levels : [...levels, 0];
}
