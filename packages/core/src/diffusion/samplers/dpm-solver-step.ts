// The steps of DPM-Solver that evaluate the network within them: C. Lu et al., arXiv 2206.00927, algorithms 1, 2 and 4. In σ-space with
// λ = −log σ and E(h) = e^h − 1, over a step h from (x, ε):
//   order 1   x' = x − σ'E(h)·ε
//   order 2   ε₁ at λ + r₁h by order 1,   x' = x − σ'E(h)·ε − σ'E(h)/(2r₁)·(ε₁ − ε)
//   order 3   ε₂ at λ + r₂h from ε and ε₁,   x' = x − σ'E(h)·ε − σ'/r₂·(E(h)/h − 1)·(ε₂ − ε)
// λ is float32 and every operation rounded to it, like the references': the error estimate of dpm_adaptive sees the rounding.
import { lincomb } from "../../tensor/lincomb.ts";
import { ancestralStep } from "./ancestral.ts";
import { slope } from "./move.ts";
import type { Denoise } from "./types.ts";

const f32 = Math.fround;

/** Where a step begins: x at λ, with the noise predicted there. */
export interface StepStart {
  readonly x: Float32Array;
  readonly lambda: number;
  readonly eps: Float32Array;
}

/** ε at λ + r₁h of a step, which steps of two orders can share. */
export interface InnerEstimate {
  readonly r1: number;
  readonly eps: Float32Array;
}

/** λ = −log σ. */
export const lambdaOf = (sigma: number): number => f32(-f32(Math.log(f32(sigma))));

/** σ = e^(−λ). */
export const sigmaOf = (lambda: number): number => f32(Math.exp(-lambda));

/** Where to step down to on the way to `next`, not below `end`, and how much noise to add back. */
export function ancestralLambda(
  lambda: number,
  next: number,
  { eta, end }: { eta: number; end: number },
): { to: number; up: number } {
  if (eta === 0) return { to: next, up: 0 };
  const { down } = ancestralStep(sigmaOf(lambda), sigmaOf(next), eta);
  const to = Math.min(end, lambdaOf(down));
  return { to, up: Math.sqrt(sigmaOf(next) ** 2 - sigmaOf(to) ** 2) };
}

/** Order 1: no evaluation but that of `start`. */
export function firstOrder({ x, lambda, eps }: StepStart, to: number): Float32Array {
  return lincomb([1, x], [-f32(sigmaOf(to) * growth(to - lambda)), eps]);
}

/** ε at λ + r₁h: one evaluation. */
export async function innerEstimate(
  denoise: Denoise,
  start: StepStart,
  to: number,
  r1: number,
): Promise<InnerEstimate> {
  const { x, lambda, eps } = start;
  const h = f32(to - lambda);
  const h1 = f32(f32(r1) * h);
  const sigma = sigmaOf(f32(lambda + h1));
  const xInner = lincomb([1, x], [-f32(sigma * growth(h1)), eps]);
  return { r1, eps: slope(xInner, await denoise(xInner, sigma), sigma) };
}

/** Order 2 from one inner estimate. */
export function secondOrder({ x, lambda, eps }: StepStart, to: number, inner: InnerEstimate): Float32Array {
  const [sigma, growing] = [sigmaOf(to), growth(to - lambda)];
  const weight = f32(f32(sigma / f32(2 * inner.r1)) * growing);
  return lincomb([1, x], [-f32(sigma * growing), eps], [-weight, difference(inner.eps, eps)]);
}

/** Order 3 from one inner estimate and another evaluation, at λ + ⅔h. */
export async function thirdOrder(
  denoise: Denoise,
  { x, lambda, eps }: StepStart,
  to: number,
  inner: InnerEstimate,
): Promise<Float32Array> {
  const r2 = f32(2 / 3);
  const h = f32(to - lambda);
  const h2 = f32(r2 * h);
  const sigma2 = sigmaOf(f32(lambda + h2));
  const weight = f32(f32(sigma2 * f32(2 / 3 / inner.r1)) * curvature(h2));
  const x2 = lincomb([1, x], [-f32(sigma2 * growth(h2)), eps], [-weight, difference(inner.eps, eps)]);
  const eps2 = slope(x2, await denoise(x2, sigma2), sigma2);
  const sigma = sigmaOf(to);
  const last = f32(f32(sigma / r2) * curvature(h));
  return lincomb([1, x], [-f32(sigma * growth(h)), eps], [-last, difference(eps2, eps)]);
}

/** E(h). */
const growth = (h: number): number => f32(Math.expm1(f32(h)));

/** E(h)/h − 1. */
const curvature = (h: number): number => f32(f32(growth(h) / h) - 1);

// Subtracted first: what the estimates share would only be rounded.
const difference = (a: Float32Array, b: Float32Array): Float32Array => a.map((value, i) => value - b[i]);
