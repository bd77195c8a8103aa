// Real and generated pictures of Fashion-MNIST side by side.

import { fashionMnistClasses, openIdx } from "@noisette/core/data/idx";
import type { Image } from "@noisette/core/image/image";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { resizeImage } from "@noisette/core/image/resize";
import type { Samples } from "./samples.ts";

/** Pictures of each kind in a row. */
const perKind = 4;
/** How much larger pictures are shown. */
const scale = 2;

/** A column of pictures for each kind, by its title. */
type Kinds = Readonly<Record<string, Samples>>;

/** A row for each class: test pictures, then those of each kind, the first ones of their seeds. */
export async function classSheet(data: string, kinds: Kinds): Promise<Image> {
  const test = await openIdx(data, { split: "test" });
  const real = fashionMnistClasses.map((): Image[] => []);
  for (let i = 0; i < test.length && real.some(({ length }) => length < perKind); i++) {
    const { image, label } = await test.read(i);
    if (real[label!].length < perKind) real[label!].push(image);
  }
  return labelledGrid(
    {
      columns: titled(["real", ...Object.keys(kinds)]),
      rows: fashionMnistClasses,
      cells: fashionMnistClasses.map((_, label) => [
        ...padded(real[label]),
        ...Object.values(kinds).flatMap(({ images, labels }) =>
          padded(images.filter((_image, i) => labels![i] === label).slice(0, perKind)),
        ),
      ]),
    },
    { gap: 4 },
  );
}

/** A row for each kind, and one of test pictures: the first ones. */
export async function unconditionalSheet(data: string, kinds: Kinds): Promise<Image> {
  const test = await openIdx(data, { split: "test" });
  const shown = 4 * perKind;
  const real = await Promise.all(
    Array.from({ length: Math.min(shown, test.length) }, async (_, i) => (await test.read(i)).image),
  );
  const rows = [["real", real] as const, ...Object.entries(kinds).map(([name, { images }]) => [name, images] as const)];
  return labelledGrid(
    {
      columns: Array<string>(shown).fill(""),
      rows: rows.map(([name]) => name),
      cells: rows.map(([, images]) => images.slice(0, shown).map(enlarged)),
    },
    { gap: 4 },
  );
}

/** Each title over the first of its columns. */
const titled = (titles: readonly string[]): string[] =>
  titles.flatMap((title) => [title, ...Array<string>(perKind - 1).fill("")]);

const padded = (images: readonly Image[]): (Image | undefined)[] =>
  Array.from({ length: perKind }, (_, i) => images[i] && enlarged(images[i]));

const enlarged = (image: Image): Image =>
  resizeImage(image, { width: scale * image.width, height: scale * image.height, filter: "nearest" });
