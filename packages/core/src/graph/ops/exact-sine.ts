// Sine and cosine to float32 precision for GPUs: WGSL promises its own to 2⁻¹¹ only, and inside ±π only, while
// timestep codes take them of angles up to thousands.

import { floats } from "../lowering.ts";
import type { Lowering } from "../lowering.ts";

/** π as a sum of three floats, the first two short enough that multiples of them are exact (Cody and Waite 1980). */
const [pi1, pi2, pi3] = [3.140625, 0.000967502593994140625, 1.509957990978376e-7];

/** Taylor's coefficients of r³, r⁵, …, r¹¹: the rest is below 6·10⁻⁸ for |r| ≤ π/2. */
const coefficients = [-1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800];

/** sin x for x = nπ + r: (−1)ⁿ sin r. cos x for x = (n + ½)π + r: −(−1)ⁿ sin r. Exact for |x| below 10⁵. */
export function exactSine(to: Lowering, x: string, name: "Sin" | "Cos"): string {
  const number = (value: number) => floats(to, [value], []);
  const times = (a: string, b: string) => to.node("Mul", [a, b]);
  const plus = (a: string, b: string) => to.node("Add", [a, b]);
  const minus = (a: string, b: string) => to.node("Sub", [a, b]);

  const shift = name === "Sin" ? 0 : 0.5;
  const n = to.node("Floor", [plus(times(x, number(1 / Math.PI)), number(0.5 - shift))]);
  const turns = plus(n, number(shift));
  const r = [pi1, pi2, pi3].reduce((rest, part) => minus(rest, times(turns, number(part))), x);

  const square = times(r, r);
  const series = coefficients.reduceRight((sum, c) => plus(times(sum, square), number(c)), number(0));
  const sine = plus(r, times(times(r, square), series));

  const odd = minus(n, times(to.node("Floor", [times(n, number(0.5))]), number(2)));
  const sign = minus(number(1), times(odd, number(2)));
  return times(sine, name === "Sin" ? sign : to.node("Neg", [sign]));
}
