// Sheets of what an adapter changes: the same prompts and seeds without it and with it, and where it follows pictures, those.

import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { annotate } from "@noisette/core/image/annotators/index";
import type { Image } from "@noisette/core/image/image";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { writePng } from "@noisette/core/image/png";
import { load } from "@noisette/core/pipelines/model";
import type { Model } from "@noisette/core/pipelines/model";
import type { Device } from "@noisette/core/runtime/engine";
import { fittedPicture } from "@noisette/core/training/pictures";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import type { AdapterRecipe } from "./recipes.ts";

type Generated = Parameters<Model["generate"]>[0];

/** A trained adapter. */
export interface SheetOptions {
  readonly recipe: AdapterRecipe;
  /** The model that was taught. */
  readonly model: string;
  /** Folder of what it learnt. */
  readonly saved: string;
  readonly device: Device;
}

/** Two seeds for each prompt. */
const seeds = [1, 2];

/** What to show of a recipe: the columns behind "before", and pictures to follow. */
interface Shown {
  readonly prompts: readonly string[];
  /** Another model than the one that was taught. */
  readonly model?: string;
  readonly adapters: Partial<Generated>;
  /** One for each prompt. */
  readonly pictures?: readonly Image[];
}

/** Writes the sheet of an adapter to `path`. */
export async function writeSheet(path: string, { recipe, model, saved, device }: SheetOptions): Promise<void> {
  const { prompts, model: after = model, adapters, pictures } = await shownOf(recipe, saved);
  const draw = async (from: string, more: (prompt: number) => Partial<Generated>) =>
    drawAll(from, { device, prompts, more, size: recipe.size });
  const rows = prompts.flatMap((prompt) => seeds.map((seed) => `${prompt}, seed ${seed}`));
  const before = await draw(model, () => ({}));
  const later = await draw(after, (i) => ({
    ...adapters,
    ...(pictures && { controls: [{ path: saved, image: pictures[i] }] }),
  }));
  const followed = pictures && prompts.flatMap((_, i) => seeds.map(() => pictures[i]));
  const cells = rows.map((_, i) => [...(followed ? [followed[i]] : []), before[i], later[i]]);
  await mkdir(dirname(path), { recursive: true });
  await writePng(
    path,
    await labelledGrid({ rows, columns: [...(followed ? ["to follow"] : []), "before", "after"], cells }),
  );
}

async function drawAll(
  path: string,
  {
    device,
    prompts,
    size,
    more,
  }: { device: Device; prompts: readonly string[]; size: number; more: (prompt: number) => Partial<Generated> },
): Promise<Image[]> {
  const model = await load(path, { device });
  try {
    const images: Image[] = [];
    for (const [i, prompt] of prompts.entries())
      for (const seed of seeds)
        images.push(
          (await model.generate({ prompt, seed, width: size, height: size, upscale: false, ...more(i) })).images[0]
            .image!,
        );
    return images;
  } finally {
    await model.close();
  }
}

async function shownOf(recipe: AdapterRecipe, saved: string): Promise<Shown> {
  const file = (ending: string) => join(saved, `${recipe.name}.${ending}`);
  switch (recipe.trainer) {
    case "lora":
      return { prompts: recipe.samples.prompts!, adapters: { loras: [{ name: file("safetensors") }] } };
    case "textual-inversion": {
      const embeddings = [{ name: file("pt"), word: recipe.word }];
      return { prompts: recipe.samples.prompts!, adapters: { embeddings } };
    }
    case "dreambooth":
      return { prompts: recipe.samples.prompts!, model: saved, adapters: {} };
    case "controlnet": {
      const { control, size } = recipe;
      if (control.kind !== "annotators") throw new Error("Cannot show a ControlNet without its annotators");
      const { validationData, data } = await openRecipeData(recipe);
      const pictures: Image[] = [];
      const prompts: string[] = [];
      for (let i = 0; i < 4; i++) {
        const { image, caption = "" } = await (validationData ?? data).read(i % (validationData ?? data).length, 0);
        const square = fittedPicture(image, { width: size, height: size }, "pad");
        pictures.push(
          control.chains[0].reduce((own, { annotator, options }) => annotate(annotator, own, options), square),
        );
        prompts.push(caption);
      }
      return { prompts, adapters: {}, pictures };
    }
    case "hypernetwork":
      return { prompts: recipe.samples.prompts!, adapters: { hypernetworks: [{ name: file("pt") }] } };
  }
}
