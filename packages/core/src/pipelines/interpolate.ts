// From picture to picture: prompts and seeds are keyframes, and what lies between them is made frame by frame.

import type { GenerateOptions } from "./options.ts";
import type { Generation } from "./generation.ts";
import type { GenerateEvent, ImageEvent } from "./events.ts";
import type { GenerateInputs } from "./model.ts";

/** A picture to pass through. */
export interface Keyframe {
  readonly prompt: string;
  readonly seed: number;
}

/** The frames of an interpolation. */
export interface InterpolateOptions {
  /** Two or more. */
  readonly keyframes: readonly Keyframe[];
  /** Frames from each keyframe up to the next, that one not counted; one more ends the last. */
  readonly framesBetween: number;
  readonly signal?: AbortSignal;
  /** Is told what happens as in one run of as many pictures as there are frames. */
  readonly onEvent?: (event: GenerateEvent) => void;
}

/** One frame. */
export interface Frame extends ImageEvent {
  /** 0 … frames − 1. */
  readonly frame: number;
  readonly frames: number;
}

/** What makes the pictures: a model, as far as this needs it. */
interface Generator {
  generate(options: Written & Inputs & { readonly signal?: AbortSignal }): Generation;
}

type Written = Omit<GenerateOptions, keyof Inputs>;
/** What is given to every frame beside its options: where the names of adapters are looked up, and pictures to follow or look at. */
type Inputs = Pick<GenerateInputs, "adapters" | "controls" | "ipAdapters">;

/**
 * Makes the frames one after the other: prompts are mixed as `promptBlending` says, the noise of the seeds along the sphere. All
 * other options are those of every frame. Throws RangeError on fewer than two keyframes.
 */
export async function* interpolate(
  model: Generator,
  { keyframes, framesBetween, signal, onEvent }: InterpolateOptions,
  options: Omit<Written, "prompt" | "seed" | "count"> & Inputs,
): AsyncGenerator<Frame> {
  if (keyframes.length < 2 || !Number.isInteger(framesBetween) || framesBetween < 1) {
    throw new RangeError(
      `Cannot interpolate ${keyframes.length} keyframes over ${framesBetween} frames (two keyframes and one frame or more are wanted)`,
    );
  }
  const frames = (keyframes.length - 1) * framesBetween + 1;
  for (let frame = 0; frame < frames; frame++) {
    const made = model.generate({ ...options, ...frameOptions(keyframes, frame / framesBetween), signal });
    for await (const event of made) {
      if (event.kind === "notice") onEvent?.(event);
      if (event.kind === "start" && frame === 0) onEvent?.({ ...event, pictures: frames });
      if (event.kind === "step") {
        const later = event.stepMs * event.steps * (frames - 1 - frame);
        onEvent?.({ ...event, picture: frame, remainingMs: event.remainingMs + later });
      }
      if (event.kind !== "image") continue;
      onEvent?.({ ...event, picture: frame });
      yield { ...event, frame, frames };
    }
  }
}

/** What makes the frame at `position`, where whole numbers are keyframes. */
export function frameOptions(
  keyframes: readonly Keyframe[],
  position: number,
): Pick<GenerateOptions, "prompt" | "promptTo" | "promptBlend" | "seed" | "variationSeed" | "variationStrength"> {
  const index = Math.floor(position);
  const amount = position - index;
  const [from, to] = [keyframes[index], keyframes[index + 1]];
  if (amount === 0) return { prompt: from.prompt, seed: from.seed };
  return {
    prompt: from.prompt,
    seed: from.seed,
    ...(to.prompt !== from.prompt && { promptTo: to.prompt, promptBlend: amount }),
    ...(to.seed !== from.seed && { variationSeed: to.seed, variationStrength: amount }),
  };
}
