// What a sampler is: a function from noise to data that knows nothing of schedules, guidance or devices.
// All work in σ-space, x = x₀ + σ·ε. A method published for the variance-preserving form is the same method after x_vp = x/√(1+σ²).
import type { Parameterization } from "../parameterization.ts";
import type { PndmCall } from "./pndm.ts";

/**
 * D(x, σ): the estimate of x₀, of x's length. It may overwrite x (inpainting keeps its known region that way), so a sampler passes
 * arrays of its own and reads x after the call.
 */
export type Denoise = (x: Float32Array, sigma: number) => Promise<Float32Array>;

/** Takes x from sigmas[0] to the last sigma and returns it; x itself is left as it is. */
export type Sampler = (
  denoise: Denoise,
  x: Float32Array,
  sigmas: readonly number[],
  options: SamplerOptions & SamplerSettings,
) => Promise<Float32Array>;

/**
 * Fresh N(0,1) values, as many as x has. The noise levels of the step they are for matter to sources that are one path over σ
 * (brownian.ts); samplers of stochastic differential equations give them.
 */
export type NoiseSource = (from?: number, to?: number) => Float32Array;

/** What every sampler is given beside its settings. */
export interface SamplerOptions {
  /** Called once per draw of the algorithm, in its order. */
  readonly noise: NoiseSource;
  /** Called once per step, after its first denoising; awaited. */
  readonly onStep?: (progress: StepProgress) => void | Promise<void>;
  /** Its reason is thrown before the next denoising. */
  readonly signal?: AbortSignal;
}

/** A step as it begins: x at `sigma`, and what it was denoised to. */
export interface StepProgress {
  /** 0 … steps−1. */
  readonly step: number;
  readonly steps: number;
  readonly sigma: number;
  readonly x: Float32Array;
  readonly denoised: Float32Array;
}

/** The settings a sampler may read; which ones it reads is in the table. */
export interface SamplerSettings {
  /** Share of the ancestral noise: 0 is deterministic, 1 the full reverse SDE. */
  readonly eta?: number;
  /** Multiplies every noise added. */
  readonly sNoise?: number;
  /** Total churn: noise re-added over the run before denoising (arXiv 2206.00364, algorithm 2). */
  readonly sChurn?: number;
  /** Churn (SA-Solver: noise) only at σ ≥ sTmin. */
  readonly sTmin?: number;
  /** Churn (SA-Solver: noise) only at σ ≤ sTmax. */
  readonly sTmax?: number;
  /** Churn after the network was called instead of before, for a network of this prediction type: what diffusers does. */
  readonly churnAfter?: Parameterization;
  /** Order of the method. */
  readonly order?: number;
  /** How a second-order correction is weighted: by the midpoint rule or exactly (φ₂, "heun"). */
  readonly solverType?: "midpoint" | "heun";
  /** B(h) of UniPC. */
  readonly solverVariant?: "bh1" | "bh2";
  /** Singlestep: the order of each step, when it is not laid out from `order`. */
  readonly orders?: readonly number[];
  /** Lowers the order over the last steps, which few-step runs need. */
  readonly lowerOrderFinal?: boolean;
  /** The last step is of first order. */
  readonly eulerAtFinal?: boolean;
  /** The quantity a multistep formula extrapolates. */
  readonly extrapolates?: "denoised" | "noise";
  /** Third-order SDE steps as diffusers computes them (the sign of a constant differs from the derivation). */
  readonly diffusersThirdOrder?: boolean;
  /** UniPC: the steps after which no correction is made. */
  readonly disableCorrector?: readonly number[];
  /** DDPM: which variance the reverse steps have. */
  readonly variance?: "small" | "large" | "learned" | "learned_range";
  /** DDPM: the variance channels of the last denoising. */
  readonly predictedVariance?: () => Float32Array;
  /** DDPM: the step to the last σ adds noise too. */
  readonly noiseAtEnd?: boolean;
  /** DDIM: limits the estimate of x₀, but not the noise it goes with. */
  readonly clip?: (denoised: Float32Array) => Float32Array;
  /** DDIM: where step i goes, when that is not sigmas[i+1]. TCD: the level below it to go to before noise is added. */
  readonly targets?: readonly number[];
  /** PNDM: the network calls in order, when they are not those of `sigmas`. */
  readonly calls?: readonly PndmCall[];
  /** PNDM: what the history holds. DDIM inversion: what the network predicts. */
  readonly prediction?: Parameterization;
  /** CFG++: the estimate of x₀ without the prompt, of the last denoising. Left out, there is no guidance: both estimates are one. */
  readonly unconditional?: () => Float32Array;
  /** Where in a step, in log σ, its inner evaluation lies. */
  readonly r?: number;
  /** SA-Solver: order of the corrector. */
  readonly correctorOrder?: number;
  /** SA-Solver: evaluates again after the corrector. */
  readonly evaluateAgain?: boolean;
  /** Gradient estimation: 1 is Euler's method, 2 doubles the newest direction and takes off the last. */
  readonly gamma?: number;
  /** Adaptive steps: the error allowed, as a share of |x|. */
  readonly relativeTolerance?: number;
  /** Adaptive steps: the error always allowed. */
  readonly absoluteTolerance?: number;
  /** Adaptive steps: the first step, in log σ. */
  readonly firstStep?: number;
  /** Adaptive steps: a step stands when the next one would not be shorter than this share of it. */
  readonly acceptSafety?: number;
  /** Adaptive steps: proportional, integral and derivative coefficients of the step control. */
  readonly pid?: readonly [number, number, number];
  /** Restart: how often the interval is gone through again. */
  readonly restarts?: number;
  /** Restart: the low end of the interval. */
  readonly restartMin?: number;
  /** Restart: its high end. */
  readonly restartMax?: number;
  /** RePaint: steps gone back in a jump. */
  readonly jumpLength?: number;
  /** RePaint: how often a stretch of that length is done. */
  readonly jumpCount?: number;
  /** Consistency models: the lowest σ they were trained on. */
  readonly floor?: number;
  /** Predictor–corrector: size of the noise against the score in a Langevin step. */
  readonly snr?: number;
  /** Predictor–corrector: Langevin steps per level. */
  readonly correctorSteps?: number;
}

/** The options of a sampler that reads the settings `Names`. */
export type OptionsWith<Names extends keyof SamplerSettings = never> = SamplerOptions & Pick<SamplerSettings, Names>;
