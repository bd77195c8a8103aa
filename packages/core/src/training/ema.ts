// Exponential moving averages of weights: averaged ← averaged − (1 − decay)·(averaged − weight) after every step.

/** How averages forget. */
export interface EmaOptions {
  /** Their decay in the long run, e.g. 0.9999. */
  readonly decay: number;
  /** How the decay comes to that from below, so that the first weights are forgotten: "diffusers" by default. */
  readonly warmup?: keyof typeof warmups;
  /** "power" is 1 − (1 + t/inverseGamma)^−power: 1 and 2/3 by default. */
  readonly inverseGamma?: number;
  readonly power?: number;
  /** Steps after which averaging begins, for "diffusers" and "power": 0 by default. */
  readonly after?: number;
  /** The least decay, once averaging has begun: 0 by default. */
  readonly least?: number;
}

/** The decay at step number `step`, from 1. */
export function emaDecay(step: number, options: EmaOptions): number {
  const { decay, warmup = "diffusers", least = 0 } = options;
  const wanted = warmups[warmup](step, options);
  return wanted === 0 ? 0 : Math.max(least, Math.min(decay, wanted));
}

const warmups = {
  /** No warm-up. */
  none: (_: number, { decay }: EmaOptions) => decay,
  /** diffusers' EMAModel: the first average is the first weight. */
  diffusers: (step: number, { after = 0 }: EmaOptions) => fromSecond(step - after, (t) => (1 + t) / (10 + t)),
  /** diffusers' EMAModel with use_ema_warmup, as in crowsonkb's. */
  power: (step: number, { after = 0, inverseGamma = 1, power = 2 / 3 }: EmaOptions) =>
    fromSecond(step - after, (t) => 1 - (1 + t / inverseGamma) ** -power),
  /** CompVis' LitEma: from the first step on. */
  ldm: (step: number) => (1 + step) / (10 + step),
};

const fromSecond = (step: number, decay: (t: number) => number): number => (step <= 1 ? 0 : decay(step - 1));

/** The names of the warm-ups. */
export const emaWarmups = Object.keys(warmups) as readonly NonNullable<EmaOptions["warmup"]>[];
