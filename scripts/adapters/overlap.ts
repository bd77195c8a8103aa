// Whether pictures follow: how far what is drawn covers what was drawn where the picture to follow comes from, without the
// ControlNet and with it.

import { generatedPictures } from "@noisette/core/evaluation/generated-pictures";
import type { GeneratedPicturesOptions } from "@noisette/core/evaluation/generated-pictures";
import { load } from "@noisette/core/pipelines/model";
import type { Image } from "@noisette/core/image/image";
import type { Device } from "@noisette/core/runtime/engine";
import { followedPictures } from "./followed.ts";
import type { TrainedAdapter } from "./recipes.ts";

/** Means over the pictures of their silhouettes' intersection over union with the drawings'. */
export interface Overlap {
  readonly pictures: number;
  readonly before: number;
  readonly after: number;
}

/** What to measure. */
export interface OverlapOptions extends TrainedAdapter {
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
  const captions = all.map(({ caption }) => caption);
  const sampling = { width: recipe.size, height: recipe.size };
  const share = async (doing: string, controls?: GeneratedPicturesOptions["controls"]): Promise<number> => {
    const generated = await generatedPictures(model, captions, {
      sampling,
      controls,
      seed: 0,
      signal,
      onProgress: (done, total) => onProgress(doing, done, total),
    });
    return generated.reduce((sum, one, i) => sum + intersectionOverUnion(one, all[i].drawn), 0) / all.length;
  };
  try {
    const before = await share("before");
    const controls = all.map(({ followed }) => [{ path: saved, image: followed }]);
    return { pictures: all.length, before, after: await share("after", controls) };
  } finally {
    await model.close();
  }
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
