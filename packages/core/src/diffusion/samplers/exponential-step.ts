// What exponential integrators of the reverse SDE share. In λ = −log σ, over a step h from (x, σ) to σ', with H = (1+η)h:
//   x' = σ'/σ·e^(−ηh)·x + (1 − e^(−H))·D + σ'·√(1 − e^(−2ηh))·n,   D constant
// and, D varying, ∫ of D against the kernel, expressed by φ₁(−H) = (1 − e^(−H))/H and φ₂(−H) = (1 − φ₁(−H))/H.

/** The coefficients of x and of the noise over a step from `sigma` to `next`. */
export function sdeStep(sigma: number, next: number, eta: number): { decay: number; noise: number; H: number } {
  const h = Math.log(sigma / next);
  return {
    decay: (next / sigma) * Math.exp(-eta * h),
    noise: next * Math.sqrt(-Math.expm1(-2 * eta * h)),
    H: (1 + eta) * h,
  };
}

/** H·φ₁(−H): the weight of a constant estimate. */
export const phi1 = (H: number): number => -Math.expm1(-H);

/** H·φ₂(−H): the weight of an estimate that grows from 0 to 1 over the step. */
export const phi2 = (H: number): number => 1 + Math.expm1(-H) / H;
