// Rows of the table of samplers: CFG++.
import { dpmpp2mCfgPp } from "../dpmpp-2m-cfg-pp.ts";
import { dpmpp2sAncestralCfgPp } from "../dpmpp-2s-ancestral-cfg-pp.ts";
import { eulerCfgPp } from "../euler-cfg-pp.ts";
import { gradientEstimation } from "../gradient-estimation.ts";
import { guarded } from "../guard.ts";
import { type SamplerRow } from "../row.ts";

/** Samplers under CFG++ (arXiv 2406.08070). */
export const cfgPpSamplers = {
  euler_cfg_pp: {
    sample: guarded((denoise, x, sigmas, options) => eulerCfgPp(denoise, x, sigmas, { ...options, eta: 0 })),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["unconditional"],
    usesUnconditional: true,
    names: { comfyui: "euler_cfg_pp", sdcpp: "euler_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070",
  },
  euler_ancestral_cfg_pp: {
    sample: guarded((denoise, x, sigmas, options) => eulerCfgPp(denoise, x, sigmas, { eta: 1, ...options })),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise", "unconditional"],
    usesUnconditional: true,
    names: { comfyui: "euler_ancestral_cfg_pp", sdcpp: "euler_a_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070",
  },
  ddim_cfg_pp: {
    sample: guarded(eulerCfgPp),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "ddim_uniform",
    settings: ["eta", "sNoise", "unconditional"],
    usesUnconditional: true,
    names: { a1111: "DDIM CFG++" },
    reference: "Chung et al., CFG++, arXiv 2406.08070",
  },
  dpmpp_2s_ancestral_cfg_pp: {
    sample: guarded(dpmpp2sAncestralCfgPp),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "karras",
    settings: ["eta", "sNoise", "unconditional"],
    usesUnconditional: true,
    names: { comfyui: "dpmpp_2s_ancestral_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070; Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  dpmpp_2m_cfg_pp: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmpp2mCfgPp(denoise, x, sigmas, { ...options, solverType: "midpoint", eta: 0 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "karras",
    settings: ["unconditional"],
    usesUnconditional: true,
    names: { comfyui: "dpmpp_2m_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070; Lu et al., DPM-Solver++, arXiv 2211.01095",
  },
  res_multistep_cfg_pp: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmpp2mCfgPp(denoise, x, sigmas, { ...options, solverType: "heun", eta: 0 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["unconditional"],
    usesUnconditional: true,
    names: { comfyui: "res_multistep_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070; Zhang et al., arXiv 2308.02157",
  },
  res_multistep_ancestral_cfg_pp: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmpp2mCfgPp(denoise, x, sigmas, { eta: 1, ...options, solverType: "heun" }),
    ),
    order: 2,
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise", "unconditional"],
    usesUnconditional: true,
    names: { comfyui: "res_multistep_ancestral_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070; Zhang et al., arXiv 2308.02157",
  },
  gradient_estimation_cfg_pp: {
    sample: guarded(gradientEstimation),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "normal",
    settings: ["gamma", "unconditional"],
    usesUnconditional: true,
    names: { comfyui: "gradient_estimation_cfg_pp" },
    reference: "Chung et al., CFG++, arXiv 2406.08070; Permenter and Yuan, arXiv 2306.04848",
  },
} satisfies Record<string, SamplerRow>;
