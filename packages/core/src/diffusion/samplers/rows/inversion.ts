// Rows of the table of samplers: from a picture to noise.
import { ddimInverse } from "../ddim-inverse.ts";
import { dpmppMultistep } from "../dpmpp-multistep.ts";
import { guarded } from "../guard.ts";
import { type SamplerRow } from "../row.ts";

/** From a picture to noise. */
export const inversionSamplers = {
  ddim_inverse: {
    sample: guarded(ddimInverse),
    order: 1,
    evaluations: 1,
    kind: "ode",
    schedule: "ddim_uniform",
    settings: ["prediction", "clip", "targets"],
    fromModel: ({ model }) => ({ prediction: model.prediction }),
    rising: true,
    evaluatesAtEnd: true,
    names: { diffusers: "DDIMInverseScheduler" },
    reference: "Dhariwal and Nichol, Diffusion Models Beat GANs on Image Synthesis, arXiv 2105.05233, appendix F",
  },
  dpmpp_2m_inverse: {
    sample: guarded((denoise, x, sigmas, options) =>
      dpmppMultistep(denoise, x, sigmas, { ...options, order: 2, eta: 0 }),
    ),
    order: 2,
    evaluations: 1,
    kind: "ode",
    schedule: "karras",
    settings: ["solverType", "lowerOrderFinal", "eulerAtFinal"],
    rising: true,
    names: { diffusers: "DPMSolverMultistepInverseScheduler" },
    reference: "Lu et al., DPM-Solver++, arXiv 2211.01095, its steps taken upwards",
  },
} satisfies Record<string, SamplerRow>;
