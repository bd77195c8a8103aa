import type { Discretization } from "../discretization.ts";

/** The ends of a noise schedule. */
export type SigmaRange = Pick<Discretization, "sigmaMin" | "sigmaMax">;

/** The noise levels of a run of `steps` steps, falling, without the final 0. */
export type Schedule = (steps: number, model: Discretization) => number[];
