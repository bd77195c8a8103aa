// What a model makes of captions, to be measured.

import type { Image } from "../image/image.ts";
import type { Model } from "../pipelines/model.ts";
import type { GenerateOptions } from "../pipelines/options.ts";

/** How to generate. */
export interface GeneratedPicturesOptions {
  readonly sampling: Pick<
    GenerateOptions,
    "steps" | "sampler" | "guidanceScale" | "width" | "height" | "loras" | "embeddings" | "hypernetworks"
  >;
  /** The pictures to follow, for each caption. */
  readonly controls?: readonly NonNullable<GenerateOptions["controls"]>[];
  /** Of the first picture; the next ones count up. */
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A picture for each caption, as the network makes it: not enlarged, and captions are no prompts with a grammar. */
export async function generatedPictures(
  model: Model,
  captions: readonly string[],
  { sampling, controls, seed, signal, onProgress }: GeneratedPicturesOptions,
): Promise<Image[]> {
  const made: Image[] = [];
  for (const [i, prompt] of captions.entries()) {
    const asked = { ...sampling, prompt, seed: seed + i, upscale: false } as const;
    const { images } = await model.generate({
      ...asked,
      ...(controls && { controls: controls[i] }),
      promptSyntax: "plain",
      dynamicPrompts: "off",
      signal,
    });
    made.push(images[0].image!);
    onProgress?.(i + 1, captions.length);
  }
  return made;
}
