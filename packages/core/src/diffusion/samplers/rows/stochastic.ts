// Rows of the table of samplers: solvers of the reverse SDE, and samplers that add noise to undo errors.
import { sigmaAt } from "../../discretization.ts";
import { erSde } from "../er-sde.ts";
import { guarded } from "../guard.ts";
import { repaint } from "../repaint.ts";
import { restart } from "../restart.ts";
import { type ModelRun, type SamplerRow } from "../row.ts";
import { saSolver } from "../sa-solver.ts";
import { scoreSdeVe } from "../score-sde-ve.ts";
import { seeds2 } from "../seeds-2.ts";
import { seeds3 } from "../seeds-3.ts";
import type { SamplerSettings } from "../types.ts";

const saSolverSettings = [
  "order",
  "correctorOrder",
  "eta",
  "sNoise",
  "sTmin",
  "sTmax",
  "lowerOrderFinal",
  "extrapolates",
] as const;

// Noise from 20 % to 80 % of the training timesteps, where the published code has it.
const noiseInTheMiddle = ({ model: { discretization } }: ModelRun): SamplerSettings => {
  const trained = discretization.sigmas.length;
  return { sTmin: sigmaAt(discretization, 0.2 * trained), sTmax: sigmaAt(discretization, 0.8 * trained) };
};

/** Solvers made for the reverse SDE, and samplers that add noise on purpose. */
export const stochasticSamplers = {
  seeds_2: {
    sample: guarded(seeds2),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise", "r", "solverType"],
    brownian: "optional",
    names: { comfyui: "seeds_2" },
    reference: "Gonzalez et al., SEEDS, arXiv 2305.14267",
  },
  seeds_3: {
    sample: guarded(seeds3),
    order: 3,
    evaluations: 3,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise"],
    brownian: "optional",
    names: { comfyui: "seeds_3" },
    reference: "Gonzalez et al., SEEDS, arXiv 2305.14267",
  },
  exp_heun_2_x0_sde: {
    sample: guarded((denoise, x, sigmas, options) =>
      seeds2(denoise, x, sigmas, { ...options, r: 1, solverType: "heun" }),
    ),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "normal",
    settings: ["eta", "sNoise"],
    brownian: "optional",
    names: { comfyui: "exp_heun_2_x0_sde" },
    reference: "Gonzalez et al., SEEDS, arXiv 2305.14267",
  },
  er_sde: {
    sample: guarded(erSde),
    order: 2, // 3 after its warm-up
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: ["order", "sNoise"],
    brownian: "optional",
    names: { comfyui: "er_sde", sdcpp: "er_sde" },
    reference:
      "Cui et al., Elucidating the Solution Space of Extended Reverse-Time SDE for Diffusion Models, arXiv 2309.06169",
  },
  sa_solver: {
    sample: guarded(saSolver),
    order: 2, // 3, corrected to 4, after its warm-up
    evaluations: 1,
    kind: "sde",
    schedule: "normal",
    settings: saSolverSettings,
    fromModel: noiseInTheMiddle,
    brownian: "optional",
    names: { comfyui: "sa_solver", diffusers: "SASolverScheduler" },
    reference: "Xue et al., SA-Solver, arXiv 2309.05019",
  },
  sa_solver_pece: {
    sample: guarded((denoise, x, sigmas, options) => saSolver(denoise, x, sigmas, { ...options, evaluateAgain: true })),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "normal",
    settings: saSolverSettings,
    fromModel: noiseInTheMiddle,
    brownian: "optional",
    names: { comfyui: "sa_solver_pece" },
    reference: "Xue et al., SA-Solver, arXiv 2309.05019",
  },
  restart: {
    sample: guarded(restart),
    order: 2,
    evaluations: 2,
    kind: "sde",
    schedule: "karras",
    settings: ["restarts", "restartMin", "restartMax", "sNoise"],
    names: { a1111: "Restart" },
    reference: "Xu et al., Restart Sampling for Improving Generative Processes, arXiv 2306.14878",
  },
  score_sde_ve: {
    sample: guarded(scoreSdeVe),
    order: 1,
    evaluations: 2,
    kind: "sde",
    schedule: "exponential",
    settings: ["snr", "correctorSteps"],
    names: { diffusers: "ScoreSdeVeScheduler" },
    reference:
      "Song et al., Score-Based Generative Modeling through Stochastic Differential Equations, arXiv 2011.13456",
  },
  repaint: {
    sample: guarded(repaint),
    order: 1,
    evaluations: 10,
    kind: "sde",
    schedule: "ddim_uniform",
    settings: ["eta", "clip", "jumpLength", "jumpCount"],
    names: { diffusers: "RePaintScheduler" },
    reference: "Lugmayr et al., RePaint, arXiv 2201.09865",
  },
} satisfies Record<string, SamplerRow>;
