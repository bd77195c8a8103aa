// Rows of the table of samplers: Euler, Heun, linear multistep, DDPM, DDIM, PNDM.
import { ddim } from "../ddim.ts";
import { ddpm } from "../ddpm.ts";
import { dpm2, dpm2Ancestral } from "../dpm-2.ts";
import { eulerAncestral } from "../euler-ancestral.ts";
import { euler } from "../euler.ts";
import { gradientEstimation } from "../gradient-estimation.ts";
import { guarded } from "../guard.ts";
import { heun } from "../heun.ts";
import { heunpp2 } from "../heunpp2.ts";
import { ipndm } from "../ipndm.ts";
import { lms } from "../lms.ts";
import { plms, pndm } from "../pndm.ts";
import { churn, type SamplerRow } from "../row.ts";

/** Methods on the probability flow ODE and the reverse diffusion: Euler, Heun, linear multistep, DDPM, DDIM, PNDM. */
export const classicSamplers = {
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
  heunpp2: {
    sample: guarded(heunpp2),
    order: 1,
    evaluations: 3,
    kind: "ode",
    schedule: "normal",
    settings: churn,
    names: { a1111: "HeunPP2", comfyui: "heunpp2" },
    reference: "no paper; known from ComfyUI",
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
  ipndm: {
    sample: guarded(ipndm),
    order: 1, // on unequal steps of σ; 4 on equal ones
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["order"],
    names: { a1111: "iPNDM", comfyui: "ipndm", sdcpp: "ipndm" },
    reference: "Zhang and Chen, Fast Sampling of Diffusion Models with Exponential Integrator, arXiv 2204.13902",
  },
  ipndm_v: {
    sample: guarded(lms), // the same method; ComfyUI's weights of order 3 and 4 differ from the exact ones
    order: 2, // its first step is Euler's; the later ones are of order 4
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["order"],
    names: { a1111: "iPNDM_v", comfyui: "ipndm_v", sdcpp: "ipndm_v" },
    reference: "Zhang and Chen, Fast Sampling of Diffusion Models with Exponential Integrator, arXiv 2204.13902",
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
  gradient_estimation: {
    sample: guarded((denoise, x, sigmas, options) =>
      gradientEstimation(denoise, x, sigmas, { ...options, unconditional: undefined }),
    ),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["gamma"],
    names: { comfyui: "gradient_estimation", sdcpp: "euler_ge" },
    reference:
      "Permenter and Yuan, Interpreting and Improving Diffusion Models from an Optimization Perspective, arXiv 2306.04848",
  },
} satisfies Record<string, SamplerRow>;
