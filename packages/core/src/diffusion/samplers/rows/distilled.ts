// Rows of the table of samplers: models distilled to few steps.
import { sigmaAt, timestepAt } from "../../discretization.ts";
import { consistency } from "../consistency.ts";
import { guarded } from "../guard.ts";
import { lcm } from "../lcm.ts";
import { type ModelRun, type SamplerRow } from "../row.ts";
import { tcd } from "../tcd.ts";
import type { SamplerSettings } from "../types.ts";

// s = ⌊(1−γ)·t'⌋ (arXiv 2402.19159, eq. 21) as a noise level.
const tcdTargets = ({ model: { discretization }, sigmas, settings: { eta = 0.3 } }: ModelRun): SamplerSettings => ({
  targets: sigmas
    .slice(1)
    .map((next) => (next > 0 ? sigmaAt(discretization, Math.floor((1 - eta) * timestepAt(discretization, next))) : 0)),
});

/** Samplers of models distilled to few steps. */
export const distilledSamplers = {
  lcm: {
    sample: guarded(lcm),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "sgm_uniform",
    settings: ["sNoise"],
    consistencyModel: true,
    boundary: true,
    names: { a1111: "LCM", comfyui: "lcm", diffusers: "LCMScheduler", sdcpp: "lcm" },
    reference: "Luo et al., Latent Consistency Models, arXiv 2310.04378",
  },
  tcd: {
    sample: guarded(tcd),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "lcm",
    settings: ["eta", "sNoise", "targets"],
    fromModel: tcdTargets,
    consistencyModel: true,
    names: { comfyui: "tcd", diffusers: "TCDScheduler", sdcpp: "tcd" },
    reference: "Zheng et al., Trajectory Consistency Distillation, arXiv 2402.19159",
  },
  consistency: {
    sample: guarded(consistency),
    order: 1,
    evaluations: 1,
    kind: "sde",
    schedule: "karras",
    settings: ["sNoise", "floor"],
    consistencyModel: true,
    names: { diffusers: "CMStochasticIterativeScheduler" },
    reference: "Song et al., Consistency Models, arXiv 2303.01469",
  },
} satisfies Record<string, SamplerRow>;
