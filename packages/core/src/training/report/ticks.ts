// Where the marks of an axis stand, and what is written at them.

/** Round values within [low, high], about `count` of them: multiples of 1, 2 or 5 times a power of ten. */
export function linearTicks(low: number, high: number, count = 5): number[] {
  const raw = (high - low) / count;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw * 0.999)!;
  const ticks: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9) || 0; i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return ticks;
}

/** Powers of ten within [low, high], thinned to about `count`; where there are fewer than two, round values. */
export function logarithmicTicks(low: number, high: number, count = 5): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const stride = Math.max(1, Math.ceil((last - first) / count));
  const ticks: number[] = [];
  for (let power = first; power <= last; power += stride) ticks.push(10 ** power);
  return ticks.length >= 2 ? ticks : linearTicks(low, high, 4).filter((tick) => tick > 0);
}

/** A number in few characters: 1.2e-4, 0.03, 512, 20k, 1.5M. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1e6) return `${short(value / 1e6)}M`;
  if (size >= 1e4) return `${short(value / 1e3)}k`;
  if (size < 1e-3) return value.toExponential(1).replace(".0e", "e");
  return short(value);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));
