// A denoising UNet as a function of its loss: noise is added, predicted and compared in one graph.

import type { Prediction } from "../../diffusion/parameterization.ts";
import type { Dim } from "../../graph/dim.ts";
import { symbol } from "../../graph/dim.ts";
import { concat } from "../../graph/ops/shape.ts";
import { input } from "../../graph/ops/source.ts";
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

/**
 * Inputs: `clean` and `noise` [N,C,h,w], `timestep` [N], `alpha` and `sigma` [N,1,1,1], `weight` [N]; with their conditions `context`
 * [N,T,D], `classLabels` [N], `seen` [N,C',h,w].
 */
export function diffusionProgram(options: DiffusionProgramOptions): TrainingProgram {
  const { network, prediction, channels, seenChannels, size, text } = options;
  return {
    name: "diffusion",
    build(p) {
      const n = symbol("batch");
      const batch = {
        clean: input("clean", [n, channels, ...size]),
        noise: input("noise", [n, channels, ...size]),
        alpha: input("alpha", [n, 1, 1, 1]),
        sigma: input("sigma", [n, 1, 1, 1]),
      };
      const noisy = noisedSample(batch);
      const predicted = network.predict(p.at(network.component), {
        sample: seenChannels === 0 ? noisy : concat([noisy, input("seen", [n, seenChannels, ...size])], 1),
        timestep: input("timestep", [n]),
        ...(text && { context: input("context", [n, ...text]) }),
        ...(network.classes !== undefined && { classLabels: input("classLabels", [n], "int64") }),
      });
      const loss = denoisingLoss(predicted, predictionTargets[prediction](batch), input("weight", [n]));
      return { objectives: [{ name: "denoising", loss, trains: () => true }] };
    },
  };
}
