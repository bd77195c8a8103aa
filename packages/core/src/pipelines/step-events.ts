// The event of every step: how far the run is, how long it will take, and what the picture looks like.

import type { StepProgress } from "../diffusion/samplers/types.ts";
import { tensor } from "../tensor/tensor.ts";
import { previewThroughGate } from "./content-gate.ts";
import type { ContentGate } from "./content-gate.ts";
import type { PictureDecoder } from "./decode-picture.ts";
import type { GenerateEvent } from "./events.ts";

/** Makes the step listener of one pass of one picture. */
export type StepEvents = (pass: {
  readonly picture: number;
  /** Steps of the picture's earlier passes. */
  readonly stepsBefore: number;
  readonly latentDims: readonly number[];
}) => (progress: StepProgress) => Promise<void>;

/** Step listeners of a run of `pictures`, each of `steps` steps in all. */
export function stepEvents({
  pictures,
  steps,
  previewEvery,
  traceSteps,
  decode,
  gate,
  emit,
}: {
  pictures: number;
  steps: number;
  previewEvery: number;
  traceSteps: boolean;
  decode: PictureDecoder;
  gate: ContentGate | undefined;
  emit: (event: GenerateEvent) => void;
}): StepEvents {
  let stepsDone = 0;
  let spentMs = 0;
  return ({ picture, stepsBefore, latentDims }) => {
    let stepStart = performance.now();
    return async ({ step, sigma, x, denoised }) => {
      const stepMs = performance.now() - stepStart;
      stepsDone++;
      spentMs += stepMs;
      const number = stepsBefore + step + 1;
      const isShown = previewEvery > 0 && number % previewEvery === 0;
      const preview = isShown
        ? await previewThroughGate(gate, await decode(tensor(latentDims, denoised), "preview"))
        : undefined;
      emit({
        kind: "step",
        picture,
        step: number,
        steps,
        sigma,
        stepMs,
        remainingMs: (spentMs / stepsDone) * Math.max(pictures * steps - stepsDone, 0),
        ...(preview && { preview }),
        // Copies: the sampler goes on with its own.
        ...(traceSteps && {
          trace: { x: tensor(latentDims, x.slice()), denoised: tensor(latentDims, denoised.slice()) },
        }),
      });
      stepStart = performance.now();
    };
  };
}
