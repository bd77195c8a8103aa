// Whether pictures follow: how far what is drawn covers what was drawn where the picture to follow comes from, without the
// ControlNet and with it.

import { load } from "@noisette/core/pipelines/model";
import type { Image } from "@noisette/core/image/image";
import type { Device } from "@noisette/core/runtime/engine";
import { followedPictures } from "./followed.ts";
import type { AdapterRecipe } from "./recipes.ts";

/** Means over the pictures of their silhouettes' intersection over union with the drawings'. */
export interface Overlap {
  readonly pictures: number;
  readonly before: number;
  readonly after: number;
}

/** What to measure. */
export interface OverlapOptions {
  readonly recipe: AdapterRecipe;
  /** Folder of the ControlNet. */
  readonly saved: string;
  readonly device: Device;
  /** Pictures, at most. */
  readonly pictures: number;
  readonly signal?: AbortSignal;
  readonly onProgress: (doing: string, done: number, total: number) => void;
}

/** Generates and measures. Both halves have the same prompts and seeds. */
export async function measureOverlap({
  recipe,
  saved,
  device,
  pictures,
  signal,
  onProgress,
}: OverlapOptions): Promise<Overlap> {
  const all = await followedPictures(recipe, pictures);
  if (all === undefined) throw new Error(`Cannot measure "${recipe.name}": it follows no pictures`);
  const model = await load(recipe.model, { device, signal });
  const sums = { before: 0, after: 0 };
  try {
    for (const [i, { caption, drawn, followed }] of all.entries()) {
      const asked = { prompt: caption, promptSyntax: "plain", dynamicPrompts: "off", seed: i, upscale: false } as const;
      const size = { width: recipe.size, height: recipe.size };
      const draw = async (controls?: { path: string; image: Image }[]): Promise<Image> =>
        (await model.generate({ ...asked, ...size, ...(controls && { controls }), signal })).images[0].image!;
      sums.before += intersectionOverUnion(await draw(), drawn);
      sums.after += intersectionOverUnion(await draw([{ path: saved, image: followed }]), drawn);
      onProgress(recipe.name, i + 1, all.length);
    }
  } finally {
    await model.close();
  }
  return { pictures: all.length, before: sums.before / all.length, after: sums.after / all.length };
}

/** Of what is seen of two pictures of one size; 1 where nothing is seen of either. */
export function intersectionOverUnion(a: Image, b: Image): number {
  let [both, either] = [0, 0];
  for (let i = 0; i < a.width * a.height; i++) {
    const [inA, inB] = [isSeen(a, i), isSeen(b, i)];
    if (inA && inB) both++;
    if (inA || inB) either++;
  }
  return either === 0 ? 1 : both / either;
}

const isSeen = ({ channels, data }: Image, pixel: number): boolean => channels === 3 || data[4 * pixel + 3] > 127;
