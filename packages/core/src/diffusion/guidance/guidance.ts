// Guidance of one run: which predictions an evaluation needs, and the one prediction they make.
import { toDenoised, toOutput } from "../parameterization.ts";
import type { GuidanceMethod, GuidanceSettings } from "./index.ts";
import { checkGuidanceSettings, guidanceTable } from "./index.ts";
import type { IntervalSettings } from "./interval.ts";
import { guidedAt } from "./interval.ts";
import { awayFromPerturbed } from "./perturbed-attention.ts";
import type { EvaluationPoint, Predictions, Role } from "./predictions.ts";
import { rescaleGuidance } from "./rescale.ts";
import { awayFromDegraded } from "./self-attention.ts";

/** All that is asked of guidance in a run. */
export interface GuidanceChoice extends IntervalSettings {
  readonly method: GuidanceMethod;
  readonly settings: GuidanceSettings;
  /** w. */
  readonly scale: number;
  /** φ of guidance rescale; 0 for none. */
  readonly rescale: number;
  /** Scale of perturbed-attention guidance; 0 for none. */
  readonly perturbedScale: number;
  /** Scale of self-attention guidance; 0 for none. */
  readonly degradedScale: number;
  /** C of the latents. */
  readonly channels: number;
}

/** Guidance as a run uses it, once per evaluation: first `roles`, then `combine` with their predictions. */
export interface Guidance {
  /** The predictions that the evaluation at σ needs; `available` are those there are conditions for. */
  roles(sigma: number, available: readonly Role[]): readonly Role[];
  /** The guided prediction of the network. */
  combine(predictions: Predictions, point: EvaluationPoint): Float32Array;
}

/** The guidance that `choice` describes. Throws TypeError on a setting that its method does not read. */
export function guidance(choice: GuidanceChoice): Guidance {
  const { method, settings, scale, rescale, perturbedScale, degradedScale, channels } = choice;
  checkGuidanceSettings(method, settings);
  const { space, needs, start } = guidanceTable[method];
  const combineMethod = start(settings, { channels });
  const isGuided = guidedAt(choice);
  return {
    roles(sigma, available) {
      // The half to go away from stands first, as in diffusers' batches.
      const guided: readonly Role[] = isGuided(sigma) ? ["uncond", ...needs] : [];
      const wanted: readonly Role[] = [...guided, "cond", ...(perturbedScale === 0 ? [] : (["perturbed"] as const))];
      return wanted.filter((role) => available.includes(role));
    },
    combine(predictions, point) {
      const { cond, uncond } = predictions;
      let result = cond;
      if (uncond !== undefined) {
        result =
          space === "output"
            ? combineMethod(predictions, scale)
            : toOutput(point.prediction, combineMethod(estimates(predictions, point), scale), point.x, point.sigma);
      }
      if (predictions.perturbed !== undefined) result = awayFromPerturbed(result, predictions, perturbedScale);
      if (predictions.degraded !== undefined) result = awayFromDegraded(result, predictions, degradedScale);
      return rescale === 0 || result === cond ? result : rescaleGuidance(result, cond, { rescale, batch: 1 });
    },
  };
}

/** The estimates of x₀ that predictions stand for. */
const estimates = (predictions: Predictions, { x, sigma, prediction }: EvaluationPoint): Predictions =>
  Object.fromEntries(
    Object.entries(predictions).map(([role, output]) => [
      role,
      toDenoised(prediction, output as Float32Array, x, sigma),
    ]),
  ) as unknown as Predictions;
