// Learning rates over a run, as diffusers' and transformers' get_scheduler gives them.

/** A learning rate that changes from step to step: a recipe has these fields. */
export interface LearningRateOptions {
  /** The highest rate. */
  readonly learningRate: number;
  /** Steps of the whole run: where the rate ends. */
  readonly steps: number;
  readonly schedule: LearningRateSchedule;
}

/** How it changes. */
export interface LearningRateSchedule {
  readonly kind: keyof typeof shapes;
  /** Steps in which the rate rises evenly from 0; none by default. */
  readonly warmup?: number;
  /** Times that "cosineWithRestarts" falls: 1 by default. */
  readonly cycles?: number;
  /** Exponent of "polynomial": 1 by default. */
  readonly power?: number;
  /** Rate at which "polynomial" ends: 1e-7 by default. */
  readonly end?: number;
}

/** The learning rate of the step that comes after `step` steps. */
export function learningRateAt(step: number, { learningRate, steps, schedule }: LearningRateOptions): number {
  const { kind, warmup = 0 } = schedule;
  if (step < warmup) return (learningRate * step) / warmup;
  const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
  return shapes[kind](progress, learningRate, schedule);
}

/** The rate when the share `progress` of the steps after the warm-up is done. */
const shapes = {
  constant: (_: number, base: number) => base,
  linear: (progress: number, base: number) => base * (1 - progress),
  cosine: (progress: number, base: number) => (base * (1 + Math.cos(Math.PI * progress))) / 2,
  cosineWithRestarts: (progress: number, base: number, { cycles = 1 }: LearningRateSchedule) =>
    progress === 1 ? 0 : (base * (1 + Math.cos(Math.PI * ((cycles * progress) % 1)))) / 2,
  polynomial: (progress: number, base: number, { power = 1, end = 1e-7 }: LearningRateSchedule) =>
    (base - end) * (1 - progress) ** power + end,
};

/** The names of the shapes. */
export const learningRateKinds = Object.keys(shapes) as readonly LearningRateSchedule["kind"][];
