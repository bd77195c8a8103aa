// One run of the model with all that happens in it: several figures show it.

import type { Image } from "@noisette/core/image/image";
import type { WordHeat } from "@noisette/core/pipelines/word-attention";
import { decode, generate, openModel } from "../browser/model.ts";
import { computation } from "./computation.ts";
import { lessonOptions } from "./subject.tsx";
import type { Subject } from "./subject.tsx";
import { textbookStep } from "./textbook-step.ts";
import type { TextbookStep } from "./textbook-step.ts";

/** A step of the run. */
export interface TraceStep extends TextbookStep {
  /** x and the guess x̂₀, decoded. */
  readonly pictures?: { readonly x: Image; readonly denoised: Image };
}

/** A run. */
export interface Trace {
  /** How many there will be. */
  readonly count: number;
  readonly steps: readonly TraceStep[];
  /** What it came to, with where each word was looked at. */
  readonly result?: { readonly image: Image; readonly words: readonly WordHeat[] };
}

/** What is run. */
export interface TraceInput extends Subject {
  readonly steps: number;
}

/** The run of the page's subject. */
export const trace = computation<TraceInput, Trace>(
  () => ({ count: 0, steps: [] }),
  async ({ prompt, seed, steps: count }, { update, inTurn, signal }) => {
    let made: Trace = { count, steps: [] };
    const change = (part: Partial<Trace>) => update((made = { ...made, ...part }));
    change({});
    const { discretization } = await openModel();
    await inTurn(async () => {
      const decoding: Promise<void>[] = [];
      const [image] = await generate(
        { options: { ...lessonOptions, prompt, seed, steps: count, attention: true }, traceSteps: true },
        {
          signal,
          tell(event) {
            if (event.kind !== "step" || event.trace === undefined) return;
            const i = made.steps.length;
            const step = textbookStep(event.trace, event.sigma, discretization);
            change({ steps: [...made.steps, step] });
            const show = Promise.all([decode(step.x, signal), decode(step.denoised, signal)]);
            decoding.push(
              show.then(([x, denoised]) =>
                change({ steps: made.steps.with(i, { ...step, pictures: { x, denoised } }) }),
              ),
            );
          },
        },
      );
      await Promise.all(decoding);
      change({ result: { image: image.image, words: image.attention?.[0]?.words ?? [] } });
    });
  },
);
