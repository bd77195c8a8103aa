// Sheets of what an adapter changes: the same prompts and seeds without it and with it, and where it follows pictures, those.

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { Image } from "@noisette/core/image/image";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { writePng } from "@noisette/core/image/png";
import { load } from "@noisette/core/pipelines/model";
import type { Model } from "@noisette/core/pipelines/model";
import type { Device } from "@noisette/core/runtime/engine";
import { followedPictures } from "./followed.ts";
import { learntOptions } from "./learnt-options.ts";
import type { TrainedAdapter } from "./recipes.ts";

type Generated = Parameters<Model["generate"]>[0];

/** A trained adapter. */
export interface SheetOptions extends TrainedAdapter {
  readonly device: Device;
}

/** Two seeds for each prompt. */
const seeds = [1, 2];
/** Pictures to follow. */
const followed = 4;

/** Writes the sheet of an adapter to `path`. */
export async function writeSheet(path: string, { recipe, saved, device }: SheetOptions): Promise<void> {
  const shown = await followedPictures(recipe, followed);
  const prompts = shown?.map(({ caption }) => caption) ?? recipe.samples.prompts!;
  const pictures = shown?.map((one) => one.followed);
  const draw = (from: string, more: (prompt: number) => Partial<Generated>) =>
    drawAll(from, { device, prompts, more, size: recipe.size });
  const { model, options } = learntOptions(recipe, saved);
  const before = await draw(recipe.model, () => ({}));
  const after = await draw(model, (i) => ({
    ...options,
    ...(pictures && { controls: [{ path: saved, image: pictures[i] }] }),
  }));
  const cells = before.map((one, i) => [...(pictures ? [pictures[Math.floor(i / seeds.length)]] : []), one, after[i]]);
  await mkdir(dirname(path), { recursive: true });
  await writePng(
    path,
    await labelledGrid({
      rows: prompts.flatMap((prompt) => seeds.map((seed) => `${prompt}, seed ${seed}`)),
      columns: [...(pictures ? ["to follow"] : []), "before", "after"],
      cells,
    }),
  );
}

/** A picture for each prompt and seed. */
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
      for (const seed of seeds) {
        const made = await model.generate({ prompt, seed, width: size, height: size, upscale: false, ...more(i) });
        images.push(made.images[0].image!);
      }
    return images;
  } finally {
    await model.close();
  }
}
