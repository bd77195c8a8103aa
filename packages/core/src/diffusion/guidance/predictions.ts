// What guidance combines: what the network predicts at one x and σ, under different conditions.
import type { Parameterization } from "../parameterization.ts";

/** Predictions [1,C,h,w], flat, of one evaluation, by the condition each was made under. */
export interface Predictions {
  /** The prompt. */
  readonly cond: Float32Array;
  /** The negative prompt, or an empty one. */
  readonly uncond?: Float32Array;
  /** An empty prompt beside a negative one. */
  readonly empty?: Float32Array;
  /** The picture to edit and no prompt. */
  readonly picture?: Float32Array;
  /** The prompt, by the network with perturbed self-attention. */
  readonly perturbed?: Float32Array;
  /** What `uncond` (without guidance `cond`) becomes when x₀ is blurred where self-attention looks. */
  readonly degraded?: Float32Array;
}

/** A condition's part in guidance. */
export type Role = keyof Predictions;

/** Where an evaluation was made. */
export interface EvaluationPoint {
  /** x in σ-space, flat. */
  readonly x: Float32Array;
  readonly sigma: number;
  /** What the network predicts. */
  readonly prediction: Parameterization;
}
