// A denoising UNet as a function of its loss: noise is added, predicted and compared in one graph.

import type { Prediction } from "../../diffusion/parameterization.ts";
import type { Dim } from "../../graph/dim.ts";
import { symbol } from "../../graph/dim.ts";
import { concat } from "../../graph/ops/shape.ts";
import { input } from "../../graph/ops/source.ts";
import type { Value } from "../../graph/value.ts";
import { denoisingLoss, noisedSample, predictionTargets } from "../losses/diffusion.ts";
import type { TrainingProgram } from "../session.ts";
import type { DenoisingNetwork } from "./denoising-network.ts";

/** What a denoising loss is made of. */
export interface DiffusionProgramOptions {
  readonly network: DenoisingNetwork;
  readonly prediction: Prediction;
  /** Channels of what is learnt. */
  readonly channels: number;
  /** Channels that the network sees beside it, from a condition that is a picture. */
  readonly seenChannels: number;
  /** Height and width of what is learnt; symbols where batches differ. */
  readonly size: readonly [height: Dim, width: Dim];
  /** Tokens and width of text states, with a text condition only. */
  readonly text?: readonly [tokens: number, width: number];
}

/** What a network sees of a noised batch. */
export interface NoisyInputs {
  /** x_t [N,C,h,w]. */
  readonly sample: Value;
  /** [N]. */
  readonly timestep: Value;
}

/**
 * The loss of what `predict` makes of a noised batch. Inputs: `clean` and `noise` [N,C,h,w], `timestep` [N], `alpha` and `sigma`
 * [N,1,1,1], `weight` [N].
 */
export function noisedLoss(
  predict: (seen: NoisyInputs) => Value,
  { prediction, channels, size }: Pick<DiffusionProgramOptions, "prediction" | "channels" | "size">,
): Value {
  const n = symbol("batch");
  const batch = {
    clean: input("clean", [n, channels, ...size]),
    noise: input("noise", [n, channels, ...size]),
    alpha: input("alpha", [n, 1, 1, 1]),
    sigma: input("sigma", [n, 1, 1, 1]),
  };
  const predicted = predict({ sample: noisedSample(batch), timestep: input("timestep", [n]) });
  return denoisingLoss(predicted, predictionTargets[prediction](batch), input("weight", [n]));
}

/** `noisedLoss` of a network and its conditions: `context` [N,T,D], `classLabels` [N], `seen` [N,C',h,w]. */
export function diffusionProgram(options: DiffusionProgramOptions): TrainingProgram {
  const { network, seenChannels, size, text } = options;
  return {
    name: "diffusion",
    build(p) {
      const n = symbol("batch");
      const loss = noisedLoss(
        ({ sample, timestep }) =>
          network.predict(p.at(network.component), {
            sample: seenChannels === 0 ? sample : concat([sample, input("seen", [n, seenChannels, ...size])], 1),
            timestep,
            ...(text && { context: input("context", [n, ...text]) }),
            ...(network.classes !== undefined && { classLabels: input("classLabels", [n], "int64") }),
          }),
        options,
      );
      return { objectives: [{ name: "denoising", loss, trains: () => true }] };
    },
  };
}
