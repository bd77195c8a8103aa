// The split of a step into a deterministic part and fresh noise, shared by the ancestral samplers and DDIM.
const f32 = Math.fround;

/**
 * Where to step down to, and how much noise to add back, so that the noise level becomes `to`: down² + up² = to². In float32 like the
 * references: from a very large σ, down is the small difference of two near-equal squares, and its rounding shows in the result.
 */
export function ancestralStep(from: number, to: number, eta: number): { down: number; up: number } {
  const [fromSquared, toSquared] = [f32(from * from), f32(to * to)];
  const upSquared = f32(f32(toSquared * Math.max(f32(fromSquared - toSquared), 0)) / fromSquared);
  const up = Math.min(to, f32(eta * f32(Math.sqrt(upSquared))));
  return { down: f32(Math.sqrt(Math.max(f32(toSquared - f32(up * up)), 0))), up };
}
