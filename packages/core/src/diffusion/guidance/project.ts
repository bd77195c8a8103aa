// Inner products of predictions, which methods that project one direction on another are made of.

/** ⟨a, b⟩ = Σ aᵢ·bᵢ, summed in double precision. */
export function inner(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
