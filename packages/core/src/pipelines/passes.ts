// The passes that every picture of a run goes through: one, and with a hires fix a second at a larger size.

import type { Controls } from "./controls.ts";
import type { EncodedPrompt } from "./encode-conditions.ts";
import { secondPassOptions } from "./hires.ts";
import type { RunOptions } from "./model-defaults.ts";
import type { Parts } from "./run.ts";
import type { PromptConcepts } from "./run-concepts.ts";
import { planSampling } from "./sampling.ts";
import type { Sampling } from "./sampling.ts";

/** A pass with its plan. */
export interface Pass {
  readonly options: RunOptions;
  /** [1,C,h,w]. */
  readonly latentDims: readonly number[];
  readonly sampling: Sampling;
}

/** A pass with all that it is conditioned on. */
export interface PlannedPass extends Pass {
  /** By the number of the prompt. */
  readonly prompts: readonly EncodedPrompt[];
  /** By the number of the prompt. */
  readonly concepts: readonly PromptConcepts[];
  readonly controls?: Controls;
}

/** The passes that `options` ask for. Throws RangeError when a size is no number of latents. */
export function planPasses(
  parts: Parts,
  options: RunOptions,
  { fromPicture }: { readonly fromPicture: boolean },
): readonly Pass[] {
  const second = secondPassOptions(options, parts.networks.configs.vae.factor);
  return [
    planPass(parts, options, { fromPicture }),
    ...(second === undefined ? [] : [planPass(parts, second, { fromPicture: true })]),
  ];
}

function planPass({ checkpoint, networks }: Parts, options: RunOptions, start: { fromPicture: boolean }): Pass {
  const { factor, latentChannels } = networks.configs.vae;
  const latentDims = [1, latentChannels, options.height / factor, options.width / factor];
  if (!latentDims.every(Number.isInteger)) {
    throw new RangeError(
      `Cannot generate: ${options.width}×${options.height} (width and height that divide by ${factor} are wanted)`,
    );
  }
  return { options, latentDims, sampling: planSampling(checkpoint, options, start) };
}
