// Which of the T training timesteps a run of n steps visits: arXiv 2305.08891, table 2. The arithmetic follows NumPy's to the last
// bit, because a tie that rounds the other way is another timestep.

/** The ways to spread timesteps, by the names published configs use. */
export type Spacing = keyof typeof spacings;

/** How many timesteps, of how many, and between which ends. */
export interface SpacingOptions {
  /** n. */
  readonly steps: number;
  /** T. */
  readonly trainSteps: number;
  /** Where the spread ends (exclusive), below T when the noisiest levels are cut off. */
  readonly lastTimestep?: number;
  /** Added to every timestep by "leading". */
  readonly offset?: number;
  /** One point more is laid out and the lowest dropped ("linspace" and "leading"): the run then ends above timestep 0. */
  readonly extraPoint?: boolean;
}

/** The timesteps of a run, highest first; not rounded for "linspace". */
export function spacedTimesteps(spacing: Spacing, options: SpacingOptions): number[] {
  const { steps, trainSteps, lastTimestep = trainSteps, offset = 0, extraPoint = false } = options;
  const points = steps + Number(extraPoint);
  return spacings[spacing]({ points, steps, trainSteps, lastTimestep, offset }).slice(0, steps);
}

interface Layout {
  points: number;
  steps: number;
  trainSteps: number;
  lastTimestep: number;
  offset: number;
}

const spacings = {
  // From 0 to the last timestep, both included.
  linspace: ({ points, lastTimestep }: Layout) => linspace(0, lastTimestep - 1, points).reverse(),
  // Multiples of ⌊T/n⌋, from 0.
  leading: ({ points, lastTimestep, offset }: Layout) => {
    const ratio = Math.floor(lastTimestep / points);
    return Array.from({ length: points }, (_, i) => (points - 1 - i) * ratio + offset);
  },
  // T, T − T/n, …, each less one: always starts at the noisiest level. For some n rounding adds a last −1, cut off by the caller.
  trailing: ({ steps, trainSteps, lastTimestep }: Layout) =>
    arange(lastTimestep, 0, -(trainSteps / steps)).map((t) => roundHalfEven(t) - 1),
} satisfies Record<string, (layout: Layout) => number[]>;

/** `count` equally spaced numbers from `start` to `stop`, both included, as numpy.linspace. */
export function linspace(start: number, stop: number, count: number): number[] {
  const step = (stop - start) / (count - 1);
  return Array.from({ length: count }, (_, i) => (i > 0 && i === count - 1 ? stop : start + (i === 0 ? 0 : i * step)));
}

/** The nearest integer, ties to the even one, as numpy.round. */
export function roundHalfEven(x: number): number {
  const rounded = Math.round(x);
  return Math.abs(x % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

// start, start + step, … before stop, as numpy.arange: its step is the difference of the first two values.
function arange(start: number, stop: number, step: number): number[] {
  const delta = start + step - start;
  return Array.from({ length: Math.ceil((stop - start) / step) }, (_, i) => start + i * delta);
}
