// Two models on one picture: the base takes it part of the way, a refiner the rest (SDXL's ensemble of experts, arXiv
// 2307.01952, §2.5; A1111's "refiner, switch at"). The base makes all pictures first, so that models change places once.

import type { Image } from "../image/image.ts";
import { networkTags } from "../prompts/network-tags.ts";
import { placed } from "../prompts/placed-text.ts";
import { promptSyntaxes } from "../prompts/read-prompt.ts";
import { secondPasses } from "./editing-rules.ts";
import type { ImageEvent } from "./events.ts";
import { generate } from "./generate.ts";
import type { Parts, Run } from "./run.ts";
import type { Model } from "./model.ts";
import { stepsFor } from "./model-defaults.ts";
import type { ResolvedOptions } from "./options.ts";
import { planSampling } from "./sampling.ts";

/** Makes the pictures that `asked` describes with the base's `parts` and `refiner`, telling `run.emit` as `generate` does. */
export async function generateRefined(
  parts: Parts,
  { refinerAt = 0.8, ...asked }: ResolvedOptions,
  { refiner, ...run }: Run & { readonly refiner: Model },
): Promise<void> {
  checkTogether(asked, run);
  const { emit, signal } = run;
  const unfinished: ImageEvent[] = [];
  const { steps: refinerSteps } = planSampling(
    refiner.checkpoint,
    { ...asked, steps: stepsFor(asked, parts.checkpoint), denoisingStart: refinerAt },
    { fromPicture: false },
  );
  let baseSteps = 0;
  await generate(
    parts,
    { ...asked, denoisingEnd: refinerAt },
    {
      ...run,
      emit(event) {
        if (event.kind === "start") baseSteps = event.steps;
        if (event.kind === "image") unfinished.push(event);
        else emit("steps" in event ? { ...event, steps: baseSteps + refinerSteps } : event);
      },
    },
  );

  for (const [i, { picture, latents, record }] of unfinished.entries()) {
    const generation = refiner.generate({
      ...record.options,
      // They are for the base's UNet.
      controls: undefined,
      loras: undefined,
      hypernetworks: undefined,
      prompt: withoutTags(record.options),
      ipAdapters: undefined,
      // Whether to enlarge is the refiner's own to say, where the caller does not.
      upscale: asked.upscale,
      denoisingEnd: undefined,
      denoisingStart: refinerAt,
      init: latents,
      concepts: run.concepts,
      gate: run.gate,
      previewEvery: run.previewEvery,
      traceSteps: run.traceSteps,
      signal,
      ...(record.batch && { pictures: [record.batch.index] }),
    });
    for await (const event of generation) {
      if (event.kind === "notice") emit(event);
      if (event.kind === "step") {
        const left = event.remainingMs + event.stepMs * event.steps * (unfinished.length - 1 - i);
        emit({ ...event, picture, step: baseSteps + event.step, steps: baseSteps + event.steps, remainingMs: left });
      }
      if (event.kind === "refused") emit({ ...event, picture });
      if (event.kind !== "image") continue;
      const { denoisingEnd: _, ...options } = record.options;
      emit({
        ...event,
        picture,
        record: {
          ...record,
          options: { ...options, refinerAt },
          refiner: event.record.model,
          ...(event.record.blurred && { blurred: event.record.blurred }),
        },
      });
    }
  }
}

/** The prompts of the base without the names of networks for it. */
function withoutTags({ prompt, promptSyntax }: ResolvedOptions): string | string[] {
  if (!promptSyntaxes[promptSyntax].tags) return prompt;
  const plain = (text: string) => networkTags(placed(text)).text.text;
  return typeof prompt === "string" ? plain(prompt) : prompt.map(plain);
}

function checkTogether(options: ResolvedOptions, { mask, init }: { mask: Image | undefined; init: Run["init"] }): void {
  const other =
    (["denoisingEnd", "denoisingStart", ...secondPasses] as const).find((name) => options[name] !== undefined) ??
    (mask !== undefined ? "a mask" : init !== undefined && "dims" in init ? "initial latents" : undefined);
  if (other !== undefined)
    throw new TypeError(`Cannot generate with a refiner and ${other} together (one of them is wanted)`);
}
