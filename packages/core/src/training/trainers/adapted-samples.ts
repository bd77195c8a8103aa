// Sample pictures of a model that is taught something: by the ordinary pipeline, from the files as they were saved.

import type { Image } from "../../image/image.ts";
import { contactSheet } from "../../image/contact-sheet.ts";
import { load } from "../../pipelines/model.ts";
import type { Model } from "../../pipelines/model.ts";
import type { Example } from "../../data/dataset.ts";
import type { AdaptationRecipe } from "../recipe/adaptation.ts";
import type { LearntPictures } from "./learnt-pictures.ts";
import type { SamplePicture, TrainerSetup } from "./trainer.ts";

type Generated = Parameters<Model["generate"]>[0];

/** What to show. */
export interface AdaptedSamplesOptions {
  readonly recipe: Pick<AdaptationRecipe, "samples" | "clipSkip">;
  readonly setup: Pick<TrainerSetup, "engine" | "signal">;
  /** The model's path. */
  readonly model: string;
  /** The pictures that it learns from. */
  readonly pictures: Pick<LearntPictures, "square" | "shown">;
  /** What one of them is called: a prompt where the recipe has none. */
  readonly textOf: (example: Example) => string;
  /** What was learnt, as options of a generation. */
  readonly adapters: Partial<Generated>;
  /** For each picture, what it is to follow: shown before it. */
  readonly controls?: readonly { readonly path: string; readonly image: Image }[];
}

/** A sheet of pictures with their texts; none where the recipe wants none. */
export async function adaptedSamples({
  recipe: { samples, clipSkip },
  setup: { engine, signal },
  model: path,
  pictures: { square, shown },
  textOf,
  adapters,
  controls,
}: AdaptedSamplesOptions): Promise<SamplePicture[]> {
  if (samples.count === 0) return [];
  const { negativePrompt, steps, guidanceScale, seed } = samples;
  // They repeat when they are too few.
  const prompts = samples.prompts ?? (await shown(samples.count)).map(textOf);
  const model = await load(path, { device: engine.device, signal });
  try {
    const pictures: { image: Image; label?: string }[] = [];
    for (let i = 0; i < samples.count; i++) {
      const prompt = prompts[i % prompts.length];
      const control = controls?.[i % controls.length];
      const { images } = await model.generate({
        prompt,
        promptSyntax: "plain",
        seed: seed + i,
        clipSkip,
        ...square,
        upscale: false,
        ...(negativePrompt !== undefined && { negativePrompt }),
        ...(steps !== undefined && { steps }),
        ...(guidanceScale !== undefined && { guidanceScale }),
        ...adapters,
        ...(control && { controls: [control] }),
        signal,
      });
      if (control) pictures.push({ image: control.image });
      pictures.push({ image: images[0].image!, label: prompt });
    }
    return [{ title: "Samples", name: "samples", image: await contactSheet(pictures) }];
  } finally {
    await model.close();
  }
}
