// The split of a step into a deterministic part and fresh noise, shared by the ancestral samplers and DDIM.

/** Where to step down to, and how much noise to add back, so that the noise level becomes `to`: down² + up² = to². */
export function ancestralStep(from: number, to: number, eta: number): { down: number; up: number } {
  const up = Math.min(to, (eta * to * Math.sqrt(Math.max(from ** 2 - to ** 2, 0))) / from);
  return { down: Math.sqrt(to ** 2 - up ** 2), up };
}
