// The table of samplers: code, command line, documentation and tests read it. To add a sampler: its file and its row.
import type { ScheduleId } from "../schedules/index.ts";
import { ddim } from "./ddim.ts";
import { ddpm } from "./ddpm.ts";
import { dpm2, dpm2Ancestral } from "./dpm-2.ts";
import { dpmMultistep } from "./dpm-multistep.ts";
import { dpmppMultistep } from "./dpmpp-multistep.ts";
import { eulerAncestral } from "./euler-ancestral.ts";
import { euler } from "./euler.ts";
import { guarded } from "./guard.ts";
import { heun } from "./heun.ts";
import { lcm } from "./lcm.ts";
import { lms } from "./lms.ts";
import { plms, pndm } from "./pndm.ts";
import type { Sampler, SamplerSettings } from "./types.ts";
import { unipc } from "./unipc.ts";

/** One sampler: how to run it, what to expect of it, and what other systems call it. */
export interface SamplerRow {
  readonly sample: Sampler;
  /** Global order of convergence, warm-up included; the noise-free error of an SDE sampler. */
  readonly order: number;
  /** Network evaluations per step, but for first and last ones. */
  readonly evaluations: number;
  readonly kind: "ode" | "sde";
  /** The schedule used when none is asked for. */
  readonly schedule: ScheduleId;
  /** The settings it reads. */
  readonly settings: readonly (keyof SamplerSettings)[];
  /** It needs a consistency model: any other gives wrong images. */
  readonly consistencyModel?: true;
  readonly names: SamplerNames;
  readonly reference: string;
}

/** A sampler's names elsewhere; for diffusers the class and the options that select it. */
export interface SamplerNames {
  readonly a1111?: string;
  readonly comfyui?: string;
  readonly diffusers?: string;
  readonly sdcpp?: string;
}

const churn = ["sChurn", "sTmin", "sTmax", "sNoise"] as const;

/** The samplers by id. */
export const samplers = {
  euler: {
    sample: guarded(euler),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: [...churn, "churnAfter"],
    names: { a1111: "Euler", comfyui: "euler", diffusers: "EulerDiscreteScheduler", sdcpp: "euler" },
    reference: "Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, arXiv 2206.00364",
  },
  euler_ancestral: {
    sample: guarded(eulerAncestral),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise"],
    names: {
      a1111: "Euler a",
      comfyui: "euler_ancestral",
      diffusers: "EulerAncestralDiscreteScheduler",
      sdcpp: "euler_a",
    },
    reference: "Crowson, k-diffusion; Ho et al., Denoising Diffusion Probabilistic Models, arXiv 2006.11239",
  },
  heun: {
    sample: guarded(heun),
    order: 2,
    evaluations: 2,
    kind: "ode",
    schedule: "normal",
    settings: churn,
    names: { a1111: "Heun", comfyui: "heun", diffusers: "HeunDiscreteScheduler", sdcpp: "heun" },
    reference: "Karras et al., Elucidating the Design Space of Diffusion-Based Generative Models, arXiv 2206.00364",
  },
  dpm_2: {
    sample: guarded(dpm2),
    order: 2,
    evaluations: 2,
    kind: "ode",
    schedule: "karras",
    settings: churn,
    names: { a1111: "DPM2", comfyui: "dpm_2", diffusers: "KDPM2DiscreteScheduler", sdcpp: "dpm2" },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927",
  },
  dpm_2_ancestral: {
    sample: guarded(dpm2Ancestral),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise"],
    names: { a1111: "DPM2 a", comfyui: "dpm_2_ancestral", diffusers: "KDPM2AncestralDiscreteScheduler" },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927; ancestral form: Crowson, k-diffusion",
  },
  lms: {
    sample: guarded(lms),
    order: 2, // its first step is Euler's; the later ones are of order 4
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["order"],
    names: { a1111: "LMS", comfyui: "lms", diffusers: "LMSDiscreteScheduler" },
    reference: "Crowson, k-diffusion",
  },
  ddpm: {
    sample: guarded(ddpm),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "ddim_uniform",
    settings: ["variance", "predictedVariance", "noiseAtEnd"],
    names: { comfyui: "ddpm", diffusers: "DDPMScheduler" },
    reference: "Ho et al., Denoising Diffusion Probabilistic Models, arXiv 2006.11239",
  },
  ddim: {
    sample: guarded(ddim),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "ddim_uniform",
    settings: ["eta", "clip", "targets"],
    names: { a1111: "DDIM", comfyui: "ddim", diffusers: "DDIMScheduler", sdcpp: "ddim_trailing" },
    reference: "Song et al., Denoising Diffusion Implicit Models, arXiv 2010.02502",
  },
  plms: {
    sample: guarded(plms),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "ddim_uniform",
    settings: ["calls", "prediction"],
    names: { a1111: "PLMS", diffusers: "PNDMScheduler, skip_prk_steps: true" },
    reference: "Liu et al., Pseudo Numerical Methods for Diffusion Models on Manifolds, arXiv 2202.09778",
  },
  pndm: {
    sample: guarded(pndm),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "ddim_uniform",
    settings: ["calls", "prediction"],
    names: { diffusers: "PNDMScheduler, skip_prk_steps: false" },
    reference: "Liu et al., Pseudo Numerical Methods for Diffusion Models on Manifolds, arXiv 2202.09778",
  },
  dpm_multistep: {
    sample: guarded((denoise, x, sigmas, options) => dpmMultistep(denoise, x, sigmas, options)),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["order", "eta", "sNoise", "solverType", "lowerOrderFinal", "eulerAtFinal"],
    names: { diffusers: 'DPMSolverMultistepScheduler, algorithm_type: "dpmsolver" or "sde-dpmsolver"' },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927",
  },
  dpmpp_2m: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { ...options, order: 2, eta: 0 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "karras",
    settings: ["solverType", "lowerOrderFinal", "eulerAtFinal"],
    names: { a1111: "DPM++ 2M", comfyui: "dpmpp_2m", diffusers: "DPMSolverMultistepScheduler", sdcpp: "dpm++2m" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_2m_sde: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { eta: 1, ...options, order: 2 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise", "solverType", "lowerOrderFinal", "eulerAtFinal"],
    names: {
      a1111: "DPM++ 2M SDE",
      comfyui: "dpmpp_2m_sde",
      diffusers: 'DPMSolverMultistepScheduler, algorithm_type: "sde-dpmsolver++"',
    },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_2m_sde_heun: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { eta: 1, ...options, order: 2, solverType: "heun" }),
    ),
    order: 2,
    evaluations: 1,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise", "lowerOrderFinal", "eulerAtFinal"],
    names: {
      a1111: "DPM++ 2M SDE Heun",
      comfyui: "dpmpp_2m_sde_heun",
      diffusers: 'as dpmpp_2m_sde, with solver_type: "heun"',
    },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_3m: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { ...options, order: 3, eta: 0 }),
    ),
    order: 2, // its first step is of order 1; the later ones of order 3
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["solverType", "lowerOrderFinal", "eulerAtFinal"],
    names: { diffusers: "DPMSolverMultistepScheduler, solver_order: 3" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_3m_sde: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { eta: 1, solverType: "heun", ...options, order: 3 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "sde",
    schedule: "exponential",
    settings: ["eta", "sNoise", "solverType", "lowerOrderFinal", "eulerAtFinal", "diffusersThirdOrder"],
    names: { a1111: "DPM++ 3M SDE", comfyui: "dpmpp_3m_sde", diffusers: "as dpmpp_2m_sde, with solver_order: 3" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095; third order: Crowson, k-diffusion",
  },
  unipc: {
    sample: guarded(unipc),
    order: 2, // 3 but for the last step, which lowerOrderFinal makes first-order
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["order", "solverVariant", "lowerOrderFinal", "extrapolates", "disableCorrector"],
    names: { a1111: "UniPC", comfyui: "uni_pc_bh2", diffusers: "UniPCMultistepScheduler" },
    reference: "Zhao et al., UniPC, arXiv 2302.04867",
  },
  lcm: {
    sample: guarded(lcm),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "sgm_uniform",
    settings: ["sNoise"],
    consistencyModel: true,
    names: { a1111: "LCM", comfyui: "lcm", diffusers: "LCMScheduler", sdcpp: "lcm" },
    reference: "Luo et al., Latent Consistency Models, arXiv 2310.04378",
  },
} satisfies Record<string, SamplerRow>;

/** A sampler's id. */
export type SamplerId = keyof typeof samplers;

/** The table with its rows' common type, for code that walks it. */
export const samplerTable: Readonly<Record<SamplerId, SamplerRow>> = samplers;

/** Throws TypeError when `settings` has one that sampler `id` does not read. */
export function checkSettings(id: SamplerId, settings: SamplerSettings): void {
  const known = samplerTable[id].settings;
  for (const [name, value] of Object.entries(settings)) {
    if (value !== undefined && !known.some((setting) => setting === name)) {
      throw new TypeError(
        `Cannot set "${name}" for ${id}: it reads ${known.length ? known.join(", ") : "no settings"}`,
      );
    }
  }
}
