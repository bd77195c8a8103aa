import { type Discretization, sigmaAt } from "../discretization.ts";
import { linspace } from "../spacing.ts";

/** Equal steps in timestep, from the noisiest trained level to the cleanest. */
export function sigmasNormal(steps: number, model: Discretization): number[] {
  return linspace(model.sigmas.length - 1, 0, steps).map((t) => sigmaAt(model, t));
}
