// Noise schedules of training: β_t, t = 0 … T−1, the variance added by forward step t. Kept in float32 like the reference
// implementations, because a cumulative product over 1000 steps shows the difference.
// linear: DDPM, arXiv 2006.11239. squaredcos_cap_v2: arXiv 2102.09672 eq. 17. Zero terminal SNR: arXiv 2305.08891 alg. 1.
const f32 = Math.fround;

/** How β is laid out over the training steps, by the names published configs use. */
export type BetaSchedule = keyof typeof betaSchedules;

/** Which β: a schedule by name, its length and its ends. */
export interface BetaOptions {
  /** T, the number of training steps. */
  readonly steps?: number;
  readonly schedule?: BetaSchedule;
  /** β_0; not read by the schedules that are given by ᾱ(t). */
  readonly start?: number;
  /** β_{T−1}; likewise. */
  readonly end?: number;
}

/** β_0 … β_{T−1}. Defaults are Stable Diffusion's: scaled_linear from 0.00085 to 0.012 over 1000 steps. */
export function betas({
  steps = 1000,
  schedule = "scaled_linear",
  start = 0.00085,
  end = 0.012,
}: BetaOptions = {}): Float32Array {
  return betaSchedules[schedule](steps, start, end);
}

/** β rescaled so that the last training step is pure noise (ᾱ_{T−1} = 0) and the first keeps its ᾱ: arXiv 2305.08891, algorithm 1. */
export function rescaleToZeroTerminalSnr(beta: Float32Array): Float32Array {
  const root = alphasCumprod(beta).map(Math.sqrt);
  const [first, last] = [root[0], root[root.length - 1]];
  // Shift so that the last √ᾱ is 0, scale so that the first is unchanged.
  const alphaBar = root.map((value) => f32(f32(value - last) * f32(first / f32(first - last))) ** 2);
  return alphaBar.map((value, t) => 1 - (t === 0 ? value : f32(value / alphaBar[t - 1])));
}

/** ᾱ_t = Π_{s≤t} (1 − β_s): float32 factors, a float64 product, rounded on the way out, as torch.cumprod does. */
export function alphasCumprod(beta: Float32Array): Float32Array {
  let product = 1;
  return beta.map((value) => (product *= f32(1 - value)));
}

/** The beta schedules by name: (T, β_0, β_{T−1}) → β. */
export const betaSchedules = {
  linear: (steps: number, start: number, end: number) => linspace(start, end, steps),
  scaled_linear: (steps: number, start: number, end: number) =>
    linspace(Math.sqrt(start), Math.sqrt(end), steps).map((root) => root * root),
  squaredcos_cap_v2: (steps: number) =>
    fromAlphaBar(steps, (t) => Math.cos((((t + 0.008) / 1.008) * Math.PI) / 2) ** 2),
  sigmoid: (steps: number, start: number, end: number) =>
    linspace(-6, 6, steps).map((x) => f32(f32(1 / (1 + Math.exp(-x))) * f32(end - start)) + start),
  laplace: (steps: number) => fromAlphaBar(steps, laplaceAlphaBar),
  exp: (steps: number) => fromAlphaBar(steps, (t) => Math.exp(-12 * t)),
} satisfies Record<string, (steps: number, start: number, end: number) => Float32Array>;

// β_t = 1 − ᾱ((t+1)/T) / ᾱ(t/T), capped: the last ratio can reach 0.
function fromAlphaBar(steps: number, alphaBar: (t: number) => number): Float32Array {
  return Float32Array.from({ length: steps }, (_, t) =>
    Math.min(1 - alphaBar((t + 1) / steps) / alphaBar(t / steps), 0.999),
  );
}

// log-SNR follows a Laplace distribution: arXiv 2407.03297.
function laplaceAlphaBar(t: number): number {
  const sign = 0.5 - t < 0 ? -1 : 1;
  const lambda = -0.5 * sign * Math.log(1 - 2 * Math.abs(0.5 - t) + 1e-6);
  const snr = Math.exp(lambda);
  return Math.sqrt(snr / (1 + snr));
}

// Equal float32 steps counted from the nearer end, as torch.linspace does.
function linspace(start: number, end: number, count: number): Float32Array {
  const step = f32(f32(f32(end) - f32(start)) / (count - 1));
  return Float32Array.from({ length: count }, (_, i) =>
    i < count / 2 ? f32(start) + step * i : f32(end) - step * (count - 1 - i),
  );
}
