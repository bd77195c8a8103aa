// Pictures that a ControlNet is given to follow, made of pictures that it has not learnt from.

import { annotate } from "@noisette/core/image/annotators/index";
import type { Image } from "@noisette/core/image/image";
import { fittedPicture } from "@noisette/core/training/pictures";
import { openRecipeData } from "@noisette/core/training/recipe-data";
import { evenly } from "../recipes/evenly.ts";
import type { AdapterRecipe } from "./recipes.ts";

/** A picture to follow. */
export interface Followed {
  readonly caption: string;
  /** What was drawn, and what its first chain of annotators makes of it. */
  readonly drawn: Image;
  readonly followed: Image;
}

/** `count` of them, far apart in the data: neighbours are of one style. Undefined for what follows no pictures. */
export async function followedPictures(recipe: AdapterRecipe, count: number): Promise<Followed[] | undefined> {
  if (recipe.trainer !== "controlnet") return undefined;
  const { control, size } = recipe;
  if (control.kind !== "annotators") throw new Error("Cannot show a ControlNet without its annotators");
  const [chain] = control.chains;
  const { data, validationData = data } = await openRecipeData(recipe);
  const shown = evenly(validationData, count);
  const read = async (i: number): Promise<Followed> => {
    const { image, caption = "" } = await shown.read(i);
    const drawn = fittedPicture(image, { width: size, height: size }, "pad");
    const followed = chain.reduce((own, { annotator, options }) => annotate(annotator, own, options), drawn);
    return { caption, drawn, followed };
  };
  return Promise.all(Array.from({ length: shown.length }, (_, i) => read(i)));
}
