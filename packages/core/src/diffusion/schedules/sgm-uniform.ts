import { type Discretization, sigmaAt } from "../discretization.ts";
import { linspace } from "../spacing.ts";

/** Equal steps in timestep that stop one step above the cleanest trained level (Stability's generative-models). */
export function sigmasSgmUniform(steps: number, model: Discretization): number[] {
  return linspace(model.sigmas.length - 1, 0, steps + 1)
    .slice(0, steps)
    .map((t) => sigmaAt(model, t));
}
