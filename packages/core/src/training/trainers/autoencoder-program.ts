// An autoencoder and its discriminator as one graph: the losses of LPIPSWithDiscriminator and VQLPIPSWithDiscriminator (latent
// diffusion). Both sides learn from the same reconstruction, the discriminator's forward pass on it being done once.

import { multiplyDims, symbol } from "../../graph/dim.ts";
import {
  add,
  cast,
  divide,
  equal,
  exp,
  greater,
  log,
  maximum,
  multiply,
  negate,
  subtract,
} from "../../graph/ops/elementwise.ts";
import { mean, sum } from "../../graph/ops/reduce.ts";
import { reshape } from "../../graph/ops/shape.ts";
import { elements, input, range, scalar, stopGradient } from "../../graph/ops/source.ts";
import type { Params } from "../../graph/params.ts";
import type { Value } from "../../graph/value.ts";
import * as kl from "../../models/autoencoder-kl.ts";
import type { AutoencoderKlConfig } from "../../models/autoencoder-kl.ts";
import { discriminator } from "../../models/discriminator.ts";
import * as vq from "../../models/vq-autoencoder.ts";
import type { VqAutoencoderConfig } from "../../models/vq-autoencoder.ts";
import type { StatisticsUpdates } from "../../nn/batch-norm.ts";
import { discriminatorLosses, generatorLoss } from "../losses/adversarial.ts";
import { drawPosterior, klFromStandardNormal } from "../losses/kl.ts";
import {
  adaptiveWeight,
  asSeen,
  reconstructionError,
  seenColours,
  summedLikelihood,
} from "../losses/reconstruction.ts";
import type { AutoencoderRecipe } from "../recipe/autoencoder.ts";
import type { TrainingProgram } from "../session.ts";

/** How pictures come to latents and back, with what holds the latents in order. */
export interface Coding {
  readonly reconstruction: Value;
  /** Its weight included. */
  readonly regularization: Value;
  readonly metrics: Readonly<Record<string, Value>>;
  readonly updates: Readonly<Record<string, Value>>;
}

/** A published configuration, either kind's. */
export type AutoencoderConfig =
  | { readonly kind: "kl"; readonly config: AutoencoderKlConfig }
  | { readonly kind: "vq"; readonly config: VqAutoencoderConfig };

/** The distance of two pictures [N,3,H,W] between features of a frozen network → [N,1,1,1]. */
export type PerceptualDistance = (p: Params, a: Value, b: Value) => Value;

/** How fast the averages of the codes' uses forget: half of it in about 70 steps. */
const usageDecay = 0.99;
/** Uses under which a code counts as dead where nothing revives it. */
const deadBelow = 0.03;

/**
 * Inputs: `image` [N,C,H,W], for kl `posteriorNoise` [N,z,h,w], with transparency `ground` [N,3,1,1], with a discriminator
 * `adversarialFactor` [] (0 before its start), where the decoder is to forgive noise `latentNoise` [N,z,h,w]. Parameters: `autoencoder.*`, `discriminator.*`, `perceptual.*`, `loss.logvar`,
 * `codes.usage`.
 */
export function autoencoderProgram(
  recipe: AutoencoderRecipe,
  { autoencoder, distance }: { autoencoder: AutoencoderConfig; distance?: PerceptualDistance },
): TrainingProgram {
  const { size, channels, adversarial, perceptual, logVariance } = recipe;
  return {
    name: "autoencoder",
    build(p) {
      const n = symbol("batch");
      const image = input("image", [n, channels, size, size]);
      const ground = channels === 4 ? input("ground", [n, 3, 1, 1]) : undefined;
      const coding = codings[autoencoder.kind](p, image, { autoencoder, recipe });
      const [original, copy] = [asSeen(image, ground), asSeen(coding.reconstruction, ground)];
      const error = reconstructionError(original, copy, {
        distance: distance?.(p.at("perceptual"), seenColours(original), seenColours(copy)),
        perceptualWeight: perceptual?.weight ?? 0,
      });
      const logVar = logVariance.learn
        ? reshape(p.at("loss").parameter("logvar", [1]), [])
        : scalar(logVariance.initial);
      const likelihood = autoencoder.kind === "kl" ? summedLikelihood(error, logVar) : mean(error);
      const autoencoding = add(likelihood, coding.regularization);
      const isAutoencoder = (name: string) => /^(autoencoder|loss)\./.test(name);
      const metrics = { ...coding.metrics, reconstruction: mean(error), psnr: psnr(original, copy) };
      if (adversarial === undefined) {
        return {
          objectives: [{ name: "autoencoder", loss: autoencoding, trains: isAutoencoder }],
          metrics,
          updates: coding.updates,
        };
      }

      const updates: StatisticsUpdates = {};
      const config = { ...adversarial, imageChannels: channels };
      const judge = (picture: Value) => discriminator(p.at("discriminator"), picture, config, { updates });
      const real = judge(original);
      const fake = judge(copy);
      const generator = generatorLoss(fake);
      const factor = input("adversarialFactor", []);
      const adaptive = adaptiveWeight({
        likelihood,
        generator,
        lastLayer: p
          .at("autoencoder", "decoder", "conv_out")
          .parameter("weight", [channels, autoencoder.config.features[0], 3, 3]),
      });
      const weight = multiply(multiply(adaptive, scalar(adversarial.weight)), factor);
      const judging = discriminatorLosses[adversarial.loss](real, fake);
      return {
        objectives: [
          { name: "autoencoder", loss: add(autoencoding, multiply(weight, generator)), trains: isAutoencoder },
          {
            name: "discriminator",
            loss: multiply(judging, factor),
            trains: (name) => name.startsWith("discriminator."),
          },
        ],
        metrics: {
          ...metrics,
          adversarialWeight: weight,
          logitsReal: mean(real),
          logitsFake: mean(fake),
        },
        updates: { ...coding.updates, ...updates },
      };
    },
  };
}

/** Peak signal-to-noise ratio in dB of pictures in [-1,1], the mean square taken over the batch. */
function psnr(a: Value, b: Value): Value {
  const difference = subtract(a, b);
  const error = maximum(mean(multiply(difference, difference)), scalar(1e-12));
  return multiply(log(divide(scalar(4), error)), scalar(10 / Math.LN10));
}

/** Latents z [N,z,h,w] as the decoder gets them. */
const disturbed = (z: Value, { finetune }: AutoencoderRecipe): Value =>
  finetune?.latentNoise === undefined ? z : add(z, input("latentNoise", z.dims));

const codings: Readonly<
  Record<
    "kl" | "vq",
    (p: Params, image: Value, of: { autoencoder: AutoencoderConfig; recipe: AutoencoderRecipe }) => Coding
  >
> = {
  kl(p, image, { autoencoder, recipe }) {
    const config = autoencoder.config as AutoencoderKlConfig;
    const { size, regularization } = recipe;
    const at = p.at("autoencoder");
    const posterior = kl.encode(at, image, config);
    const side = size / config.factor;
    const noise = input("posteriorNoise", [image.dims[0], config.latentChannels, side, side]);
    const distance = divide(sum(klFromStandardNormal(posterior)), elements([image.dims[0]]));
    return {
      reconstruction: kl.decode(at, disturbed(drawPosterior(posterior, noise), recipe), config),
      regularization: multiply(distance, scalar(regularization.weight)),
      metrics: { kl: distance },
      updates: {},
    };
  },
  vq(p, image, { autoencoder, recipe }) {
    const config = autoencoder.config as VqAutoencoderConfig;
    const { weight, beta, revive } = recipe.regularization as Extract<
      AutoencoderRecipe["regularization"],
      { kind: "vq" }
    >;
    const at = p.at("autoencoder");
    const latents = vq.encode(at, image, config);
    const { codes, indices, loss } = vq.quantize(at.at("quantize"), latents, { codes: config.codes, beta });
    const rows = reshape(indices, [multiplyDims(...indices.dims), 1]);
    const hits = cast(equal(rows, reshape(range(config.codes), [1, config.codes])), "float32"); // [NHW,K]
    const shares = mean(hits, { axes: [0] });
    // Uses of each code, 1 being its fair share; their average over steps says which codes are dead.
    const uses = multiply(shares, scalar(config.codes));
    const usage = p.at("codes").parameter("usage", [config.codes]);
    const nextUsage = add(multiply(usage, scalar(usageDecay)), multiply(uses, scalar(1 - usageDecay)));
    const alive = cast(greater(nextUsage, scalar(revive?.below ?? deadBelow)), "float32");
    return {
      reconstruction: vq.decode(at, disturbed(codes, recipe), config),
      regularization: multiply(loss, scalar(weight)),
      metrics: {
        codebook: loss,
        perplexity: exp(negate(sum(multiply(shares, log(maximum(shares, scalar(1e-10))))))),
        codesAlive: mean(alive),
        latents,
      },
      updates: { "codes.usage": stopGradient(nextUsage) },
    };
  },
};
