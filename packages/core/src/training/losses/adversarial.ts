// The two sides of a patch GAN (hinge: arXiv 1705.02894; vanilla: arXiv 1406.2661), as latent diffusion trains its
// autoencoders.

import { add, multiply, negate, relu, softplus } from "../../graph/ops/elementwise.ts";
import { mean } from "../../graph/ops/reduce.ts";
import { scalar } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";

/** The discriminator's loss by name: (logits of real pictures, logits of made ones) → scalar. */
export const discriminatorLosses = {
  /** ½(E max(0, 1 − real) + E max(0, 1 + fake)). */
  hinge: (real: Value, fake: Value): Value =>
    half(add(mean(relu(add(scalar(1), negate(real)))), mean(relu(add(scalar(1), fake))))),
  /** ½(E −ln σ(real) + E −ln(1 − σ(fake))). */
  vanilla: (real: Value, fake: Value): Value => half(add(mean(softplus(negate(real))), mean(softplus(fake)))),
} satisfies Record<string, (real: Value, fake: Value) => Value>;

/** A name of `discriminatorLosses`. */
export type DiscriminatorLoss = keyof typeof discriminatorLosses;

/** The generator's loss under either: −E fake. */
export const generatorLoss = (fake: Value): Value => negate(mean(fake));

const half = (x: Value): Value => multiply(x, scalar(0.5));
