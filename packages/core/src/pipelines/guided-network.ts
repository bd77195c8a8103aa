// The UNet under guidance: what the denoiser calls with scaled latents, a timestep and a noise level.

import type { Guidance } from "../diffusion/guidance/guidance.ts";
import type { EvaluationPoint, Predictions, Role } from "../diffusion/guidance/predictions.ts";
import { degradedInput } from "../diffusion/guidance/self-attention.ts";
import type { Parameterization } from "../diffusion/parameterization.ts";
import { toInput } from "../diffusion/parameterization.ts";
import { scaled } from "../tensor/lincomb.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";
import { promptEvaluation } from "./prompt-evaluation.ts";
import type { Condition, Evaluate, UNetResult } from "./unet-evaluation.ts";

/** The conditions that guidance can ask for, by role. */
export type Conditions = Readonly<Partial<Record<Role, Condition>>>;

/** What the UNet is evaluated under, and how to combine what it makes of that. */
export interface GuidanceOptions {
  readonly conditions: Conditions;
  readonly guidance: Guidance;
  readonly prediction: Parameterization;
  /** Gives the output `selfAttention` of a UNet that was traced for self-attention guidance, as a map [1,h',w']. */
  readonly selfAttention?: (maps: UNetResult["maps"]) => Tensor;
  readonly watch?: Watch;
}

/** Looks on at the prompt's own predictions. */
export interface Watch {
  /** Names of the maps to bring back at σ. */
  readonly maps: (sigma: number) => readonly string[];
  readonly tell: (maps: UNetResult["maps"], sigma: number) => void;
}

/** (latents [1,C,h,w] flat, timestep, σ) → guided prediction, flat. */
export interface GuidedNetwork {
  (input: Float32Array, timestep: number, sigma: number): Promise<Float32Array>;
  /** The prediction for the negative condition in the last call; absent without one. Samplers of CFG++ go on from it. */
  readonly unconditional?: () => Float32Array;
}

/** The UNet under guidance. */
export function guidedNetwork(
  evaluate: Evaluate,
  latentDims: readonly number[],
  { conditions, guidance, prediction, selfAttention, watch }: GuidanceOptions,
): GuidedNetwork {
  const available = Object.keys(conditions) as Role[];
  let uncond: Float32Array = new Float32Array();
  let call = 0;

  const guided = async (input: Float32Array, timestep: number, sigma: number): Promise<Float32Array> => {
    const roles = guidance.roles(sigma, available);
    const watched = watch?.maps(sigma) ?? [];
    const maps = [...watched, ...(selfAttention === undefined ? [] : ["selfAttention"])];
    const at = promptEvaluation(evaluate, { call: call++, against: roles.indexOf("uncond") });
    const results = await at(
      tensor(latentDims, input),
      timestep,
      roles.map((role) => conditions[role]!),
      maps,
    );
    const byRole = Object.fromEntries(roles.map((role, i) => [role, results[i]])) as Record<Role, UNetResult>;
    if (watched.length > 0) watch!.tell(byRole.cond.maps, sigma);

    let predictions = Object.fromEntries(roles.map((role, i) => [role, results[i].out])) as unknown as Predictions;
    const point: EvaluationPoint = { x: unscaled(input, sigma, prediction), sigma, prediction };
    if (selfAttention !== undefined) {
      const role = roles.includes("uncond") ? "uncond" : "cond";
      const attention = selfAttention(byRole[role].maps);
      const x = degradedInput(byRole[role].out, point, { attention, dims: latentDims });
      const [degraded] = await at(tensor(latentDims, toInput(x, sigma, prediction)), timestep, [conditions[role]!]);
      predictions = { ...predictions, degraded: degraded.out };
    }
    // Where guidance rests, both halves are one.
    uncond = predictions.uncond ?? predictions.cond;
    return guidance.combine(predictions, point);
  };
  return conditions.uncond === undefined ? guided : Object.assign(guided, { unconditional: () => uncond });
}

/** x of the network's input c_in·x. */
function unscaled(input: Float32Array, sigma: number, prediction: Parameterization): Float32Array {
  const [scale] = toInput(Float32Array.of(1), sigma, prediction);
  return scaled(input, 1 / scale);
}
