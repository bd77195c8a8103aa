// The weights of exponential multistep methods: a polynomial through the estimates so far, integrated against an exponential.

/** ∫ₐᵇ e^(rate·(u−b))·ℓ_j(u) du for every j, ℓ_j being the Lagrange polynomial that is 1 at nodes[j] and 0 at the others. */
export function exponentialWeights(nodes: readonly number[], a: number, b: number, rate: number): number[] {
  const moments = momentsOf(nodes.length, rate, b - a);
  return nodes.map((node, j) => {
    // The coefficients of ℓ_j in v = u − b, lowest first, factor by factor.
    let polynomial = [1];
    for (const [k, other] of nodes.entries()) {
      if (k === j) continue;
      const [constant, linear] = [(b - other) / (node - other), 1 / (node - other)];
      polynomial = [...polynomial, 0].map(
        (_, p) => (polynomial[p] ?? 0) * constant + (polynomial[p - 1] ?? 0) * linear,
      );
    }
    return polynomial.reduce((sum, coefficient, p) => sum + coefficient * moments[p], 0);
  });
}

// M_p = ∫₋ₕ⁰ v^p e^(rate·v) dv. By parts: rate·M_p = −(−h)^p e^(−rate·h) − p·M_{p−1}, and M₀ = (1 − e^(−rate·h))/rate.
function momentsOf(count: number, rate: number, h: number): number[] {
  const moments = [-Math.expm1(-rate * h) / rate];
  for (let p = 1; p < count; p++) moments.push((-((-h) ** p) * Math.exp(-rate * h) - p * moments[p - 1]) / rate);
  return moments;
}
