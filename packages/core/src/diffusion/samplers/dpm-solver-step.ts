// The steps of DPM-Solver that evaluate the network within them: C. Lu et al., arXiv 2206.00927, algorithms 1, 2 and 4. In σ-space with
// λ = −log σ and E(h) = e^h − 1, over a step h from (x, ε):
//   order 1   x' = x − σ'E(h)·ε
//   order 2   ε₁ at λ + r₁h by order 1,   x' = x − σ'E(h)·ε − σ'E(h)/(2r₁)·(ε₁ − ε)
//   order 3   ε₂ at λ + r₂h from ε and ε₁,   x' = x − σ'E(h)·ε − σ'/r₂·(E(h)/h − 1)·(ε₂ − ε)
import { lincomb } from "../../tensor/lincomb.ts";
import { slope } from "./move.ts";
import type { Denoise } from "./types.ts";

/** Where a step begins: x at `sigma`, with the noise predicted there. */
export interface StepStart {
  readonly x: Float32Array;
  readonly sigma: number;
  readonly eps: Float32Array;
}

/** ε at r₁ of a step, which steps of two orders can share. */
export interface InnerEstimate {
  readonly r1: number;
  readonly eps: Float32Array;
}

/** Order 1: no evaluation but that of `start`. */
export function firstOrder({ x, sigma, eps }: StepStart, to: number): Float32Array {
  return lincomb([1, x], [-to * Math.expm1(Math.log(sigma / to)), eps]);
}

/** ε at λ + r₁h: one evaluation. */
export async function innerEstimate(
  denoise: Denoise,
  start: StepStart,
  to: number,
  r1: number,
): Promise<InnerEstimate> {
  const sigma = start.sigma * (to / start.sigma) ** r1;
  const x = firstOrder(start, sigma);
  return { r1, eps: slope(x, await denoise(x, sigma), sigma) };
}

/** Order 2 from one inner estimate. */
export function secondOrder({ x, sigma, eps }: StepStart, to: number, inner: InnerEstimate): Float32Array {
  const whole = to * Math.expm1(Math.log(sigma / to));
  const weight = whole / (2 * inner.r1);
  return lincomb([1, x], [weight - whole, eps], [-weight, inner.eps]);
}

/** Order 3 from one inner estimate and another evaluation, at λ + ⅔h. */
export async function thirdOrder(
  denoise: Denoise,
  { x, sigma, eps }: StepStart,
  to: number,
  inner: InnerEstimate,
): Promise<Float32Array> {
  const r2 = 2 / 3;
  const h = Math.log(sigma / to);
  const sigma2 = sigma * (to / sigma) ** r2;
  const weight = sigma2 * (r2 / inner.r1) * (Math.expm1(r2 * h) / (r2 * h) - 1);
  const x2 = lincomb([1, x], [weight - sigma2 * Math.expm1(r2 * h), eps], [-weight, inner.eps]);
  const eps2 = slope(x2, await denoise(x2, sigma2), sigma2);
  const last = (to / r2) * (Math.expm1(h) / h - 1);
  return lincomb([1, x], [last - to * Math.expm1(h), eps], [-last, eps2]);
}
