// Where in a run guidance acts: T. Kynkäänniemi et al., "Applying Guidance in a Limited Interval Improves Sample and
// Distribution Quality in Diffusion Models", arXiv 2404.07724, eq. 5; and evaluations without the unconditional half.

/** When the unconditional half is evaluated. */
export interface IntervalSettings {
  /** Guidance acts at lowest ≤ σ ≤ highest. */
  readonly sigmas?: readonly [lowest: number, highest: number];
  /** Below this σ only every second evaluation is guided (A1111's "negative guidance minimum sigma"). */
  readonly alternateBelow?: number;
}

/** Whether an evaluation at σ is guided; it counts the evaluations of one run. Outside, the conditional prediction is the result. */
export function guidedAt({
  sigmas: [lowest, highest] = [0, Infinity],
  alternateBelow = 0,
}: IntervalSettings): (sigma: number) => boolean {
  let evaluations = 0;
  return (sigma) => {
    const alternate = sigma < alternateBelow && evaluations % 2 === 0;
    evaluations++;
    return sigma >= lowest && sigma <= highest && !alternate;
  };
}

/**
 * The noise levels of the steps between two parts of a run, 0 its start and 1 its end: step ⌊from·n⌋ is the first and
 * ⌊to·n⌋ − 1 the last, as diffusers counts. Levels between two steps belong to the earlier one.
 */
export function sigmasOfSteps(
  sigmas: readonly number[],
  [from, to]: readonly [number, number],
): readonly [lowest: number, highest: number] {
  const steps = sigmas.length - 1;
  const first = Math.floor(from * steps);
  const end = Math.floor(to * steps);
  // Nothing between: an interval that holds no level.
  if (first >= end) return [Infinity, -Infinity];
  // Just above the level where the first step that is not guided begins.
  const below = end >= steps ? 0 : sigmas[end] * (1 + 1e-6);
  return [below, first === 0 ? Infinity : sigmas[first] * (1 + 1e-6)];
}
