// The autoencoder's loss (latent diffusion, arXiv 2112.10752, appendix G; VQGAN, arXiv 2012.09841, eq. 5–7): reconstruction and
// perceptual error, a regularization of the latents, and the adversarial term, weighted so that its gradient at the last layer is
// as large as the others'. With summed errors and a log-variance it is LPIPSWithDiscriminator, with mean ones VQLPIPSWithDiscriminator.

import { gradients } from "../../autodiff/gradient.ts";
import {
  abs,
  add,
  divide,
  exp,
  maximum,
  minimum,
  multiply,
  negate,
  sqrt,
  subtract,
} from "../../graph/ops/elementwise.ts";
import { sum } from "../../graph/ops/reduce.ts";
import { concat, slice } from "../../graph/ops/shape.ts";
import { elements, scalar, stopGradient } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { known } from "../../nn/layers.ts";

/** |picture − reconstruction| per value [N,C,H,W], and with a distance [N,1,1,1] that many times `perceptualWeight` on each. */
export function reconstructionError(
  picture: Value,
  reconstruction: Value,
  { distance, perceptualWeight }: { distance?: Value; perceptualWeight: number },
): Value {
  const error = abs(subtract(picture, reconstruction));
  return distance === undefined ? error : add(error, multiply(distance, scalar(perceptualWeight)));
}

/** The error as the negative logarithm of a likelihood, error·e^(−s) + s for a learned s, summed over values: mean of the batch. */
export function summedLikelihood(error: Value, logVariance: Value): Value {
  const terms = add(multiply(error, exp(negate(logVariance))), logVariance);
  return divide(sum(terms), elements([error.dims[0]]));
}

/** What decides the adversarial term's weight. */
export interface AdversarialOptions {
  /** The other terms' loss that the generator's is held against. */
  readonly likelihood: Value;
  /** −E fake. */
  readonly generator: Value;
  /** The last layer's weight: both losses' gradients meet there. */
  readonly lastLayer: Value;
}

/** |∇likelihood| / (|∇generator| + 10⁻⁴) at the last layer, at most 10⁴: no gradient flows through it. */
export function adaptiveWeight({ likelihood, generator, lastLayer }: AdversarialOptions): Value {
  const norm = (loss: Value) => {
    const [gradient] = gradients(loss, [lastLayer]);
    return sqrt(sum(multiply(gradient, gradient)));
  };
  const ratio = divide(norm(likelihood), add(norm(generator), scalar(1e-4)));
  return stopGradient(maximum(minimum(ratio, scalar(1e4)), scalar(0)));
}

/**
 * A picture as it is compared: [N,3,H,W] as it is; with transparency [N,4,H,W], its colours over `ground` [N,3,1,1] and then its
 * alpha, so that colours count as far as they are seen. Alpha is straight, −1 where nothing is seen.
 */
export function asSeen(picture: Value, ground: Value | undefined): Value {
  if (ground === undefined) return picture;
  const colours = slice(picture, { axis: 1, start: 0, end: 3 });
  const alpha = slice(picture, { axis: 1, start: 3, end: 4 });
  const opacity = multiply(add(alpha, scalar(1)), scalar(0.5));
  const shown = add(multiply(opacity, colours), multiply(subtract(scalar(1), opacity), ground));
  return concat([shown, alpha], 1);
}

/** The three colours of a picture as it is seen: for networks that know nothing else. One channel is grey. */
export function seenColours(seen: Value): Value {
  const channels = known(seen, 1);
  if (channels === 1) return concat([seen, seen, seen], 1);
  return channels === 3 ? seen : slice(seen, { axis: 1, start: 0, end: 3 });
}
