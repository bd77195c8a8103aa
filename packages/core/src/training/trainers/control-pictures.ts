// The pictures that a ControlNet learns to follow: annotated, or kept beside those that it learns to make.

import { joinPath, parentFolder, pathExists } from "#platform";
import type { Example } from "../../data/dataset.ts";
import { annotate } from "../../image/annotators/index.ts";
import type { Image } from "../../image/image.ts";
import { readImage } from "../../image/png.ts";
import type { TorchGenerator } from "../../util/rng/torch-generator.ts";
import type { FittedExample } from "../examples.ts";
import { fittedPicture } from "../pictures.ts";
import type { ControlNetRecipe } from "../recipe/controlnet.ts";

/** The picture to follow for `example`, of the size of its own; `draws` chooses where there is a choice. */
export type ControlPicture = (example: Example & Partial<FittedExample>, draws: TorchGenerator) => Promise<Image>;

/** The pictures that a recipe describes. */
export function controlPictures({ control, data }: Pick<ControlNetRecipe, "control" | "data">): ControlPicture {
  if (control.kind === "annotators")
    return async ({ image }, draws) => {
      const { chains } = control;
      const chain = chains[draws.randint(1, 0, chains.length)[0]];
      return chain.reduce((picture, { annotator, options }) => annotate(annotator, picture, options), image);
    };
  const pathOf =
    control.kind === "folder"
      ? ({ id }: Example) => pictureLike(joinPath(control.path, id))
      : ({ id, columns }: Example) => {
          const path = columns[control.column];
          if (typeof path !== "string")
            throw new Error(`Cannot train on "${id}": it has no "${control.column}" (the path of a picture is wanted)`);
          const folder = data.path.endsWith(".jsonl") ? parentFolder(data.path) : data.path;
          return joinPath(folder, path);
        };
  return async (example) => {
    const { id, image, whole = image } = example;
    const found = await readImage(await pathOf(example));
    // As large as the picture, its height may be rounded.
    if (Math.abs((found.height * whole.width) / found.width - whole.height) >= 1)
      throw new RangeError(
        `Cannot train on "${id}": its picture to follow is ${found.width}×${found.height} beside ${whole.width}×${whole.height} (one shape is wanted)`,
      );
    return fittedPicture(found, image, data.fit);
  };
}

/** The picture at `path`, or of its name with another ending. */
async function pictureLike(path: string): Promise<string> {
  const stem = path.replace(/\.\w+$/, "");
  for (const one of [path, ...endings.map((ending) => `${stem}.${ending}`)]) if (await pathExists(one)) return one;
  throw new Error(`Cannot find the picture to follow "${path}": no such file (one of the picture's name is wanted)`);
}

const endings = ["png", "jpg", "jpeg", "webp"];
