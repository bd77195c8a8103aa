// Rows of the table of samplers: DPM-Solver, DPM-Solver++ and other exponential integrators.
import { deis } from "../deis.ts";
import { dpmAdaptive } from "../dpm-adaptive.ts";
import { dpmFast } from "../dpm-fast.ts";
import { dpmMultistep } from "../dpm-multistep.ts";
import { dpmpp2mV2 } from "../dpmpp-2m-v2.ts";
import { dpmpp2sAncestral } from "../dpmpp-2s-ancestral.ts";
import { dpmppMultistep } from "../dpmpp-multistep.ts";
import { dpmppSde } from "../dpmpp-sde.ts";
import { guarded } from "../guard.ts";
import { resMultistep } from "../res-multistep.ts";
import { type SamplerRow } from "../row.ts";
import { seeds2 } from "../seeds-2.ts";
import { singlestep } from "../singlestep.ts";
import { unipc } from "../unipc.ts";

/** The DPM-Solver family and other exponential integrators. */
export const dpmSolverSamplers = {
  dpm_fast: {
    sample: guarded(dpmFast),
    order: 2, // 3 but for its last steps
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["eta", "sNoise"],
    ownLevels: true,
    names: { a1111: "DPM fast", comfyui: "dpm_fast" },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927",
  },
  dpm_adaptive: {
    sample: guarded(dpmAdaptive),
    order: 3,
    evaluations: 3,
    kind: "ode",
    schedule: "exponential",
    settings: ["order", "eta", "sNoise", "relativeTolerance", "absoluteTolerance", "firstStep", "acceptSafety", "pid"],
    ownLevels: true,
    names: { a1111: "DPM adaptive", comfyui: "dpm_adaptive" },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927; step control: Crowson, k-diffusion",
  },
  dpm_multistep: {
    sample: guarded((denoise, x, sigmas, options) => dpmMultistep(denoise, x, sigmas, options)),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["order", "eta", "sNoise", "solverType", "lowerOrderFinal", "eulerAtFinal"],
    brownian: "optional",
    names: { diffusers: 'DPMSolverMultistepScheduler, algorithm_type: "dpmsolver" or "sde-dpmsolver"' },
    reference: "Lu et al., DPM-Solver, arXiv 2206.00927",
  },
  dpm_singlestep: {
    sample: guarded((denoise, x, sigmas, options) =>
      singlestep(denoise, x, sigmas, { ...options, extrapolates: "noise" }),
    ),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["order", "orders", "solverType", "lowerOrderFinal"],
    names: { diffusers: 'DPMSolverSinglestepScheduler, algorithm_type: "dpmsolver"' },
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
  dpmpp_2m_v2: {
    sample: guarded(dpmpp2mV2),
    order: 2, // on steps equal in log σ, else lower
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: [],
    names: { sdcpp: "dpm++2mv2" },
    reference: "no paper; known from stable-diffusion.cpp",
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
    brownian: "optional",
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
    brownian: "optional",
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
    brownian: "optional",
    names: { a1111: "DPM++ 3M SDE", comfyui: "dpmpp_3m_sde", diffusers: "as dpmpp_2m_sde, with solver_order: 3" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095; third order: Crowson, k-diffusion",
  },
  dpmpp_2s: {
    sample: guarded((denoise, x, sigmas, options) => singlestep(denoise, x, sigmas, { ...options, order: 2 })),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "karras",
    settings: ["orders", "eta", "sNoise", "solverType", "lowerOrderFinal"],
    brownian: "optional",
    names: { diffusers: "DPMSolverSinglestepScheduler" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_3s: {
    sample: guarded((denoise, x, sigmas, options) =>
      singlestep(denoise, x, sigmas, { solverType: "heun", ...options, order: 3 }),
    ),
    order: 2, // 3, but for a last step of order 1 or 2
    evaluations: 1,
    kind: "ode",
    schedule: "exponential",
    settings: ["orders", "eta", "sNoise", "solverType", "lowerOrderFinal", "diffusersThirdOrder"],
    brownian: "optional",
    names: { diffusers: "DPMSolverSinglestepScheduler, solver_order: 3" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_2s_ancestral: {
    sample: guarded(dpmpp2sAncestral),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise"],
    names: { a1111: "DPM++ 2S a", comfyui: "dpmpp_2s_ancestral", sdcpp: "dpm++2s_a" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095; ancestral form: Crowson, k-diffusion",
  },
  dpmpp_sde: {
    sample: guarded(dpmppSde),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise", "r"],
    brownian: "default",
    names: { a1111: "DPM++ SDE", comfyui: "dpmpp_sde", diffusers: "DPMSolverSDEScheduler" },
    reference: "Crowson, k-diffusion, after Lu et al., DPM-Solver++, arXiv 2211.01095",
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
  deis: {
    sample: guarded(deis),
    order: 2, // its first step is Euler's; the later ones are of order 3
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["order", "lowerOrderFinal"],
    names: { a1111: "DEIS", comfyui: "deis", diffusers: "DEISMultistepScheduler" },
    reference: "Zhang and Chen, Fast Sampling of Diffusion Models with Exponential Integrator, arXiv 2204.13902",
  },
  res_multistep: {
    sample: guarded((denoise, x, sigmas, options) => resMultistep(denoise, x, sigmas, { ...options, eta: 0 })),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: [],
    names: { comfyui: "res_multistep", sdcpp: "res_multistep" },
    reference:
      "Zhang et al., Improved Order Analysis and Design of Exponential Integrator for Diffusion Models Sampling, arXiv 2308.02157",
  },
  res_multistep_ancestral: {
    sample: guarded((denoise, x, sigmas, options) => resMultistep(denoise, x, sigmas, { eta: 1, ...options })),
    order: 2,
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise"],
    names: { comfyui: "res_multistep_ancestral" },
    reference: "Zhang et al., arXiv 2308.02157; ancestral form: ComfyUI, stable-diffusion.cpp",
  },
  res_2s: {
    sample: guarded((denoise, x, sigmas, options) =>
      seeds2(denoise, x, sigmas, { solverType: "heun", ...options, eta: 0 }),
    ),
    order: 2,
    evaluations: 2,
    kind: "ode",
    schedule: "normal",
    settings: ["r"],
    names: { comfyui: "res_2s (RES4LYF)", sdcpp: "res_2s" },
    reference: "Zhang et al., arXiv 2308.02157",
  },
  exp_heun_2_x0: {
    sample: guarded((denoise, x, sigmas, options) =>
      seeds2(denoise, x, sigmas, { ...options, r: 1, solverType: "heun", eta: 0 }),
    ),
    order: 2,
    evaluations: 2,
    kind: "ode",
    schedule: "normal",
    settings: [],
    names: { comfyui: "exp_heun_2_x0" },
    reference:
      "Hochbruck and Ostermann, Exponential integrators, Acta Numerica 19 (2010); Gonzalez et al., arXiv 2305.14267",
  },
} satisfies Record<string, SamplerRow>;
