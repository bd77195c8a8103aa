// What the autoencoders give back, side by side: a row for each factor; the picture, KL's copy and VQ's.

import type { Dataset } from "@noisette/core/data/dataset";
import type { Image } from "@noisette/core/image/image";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import type { Engine } from "@noisette/core/runtime/engine";
import { fittedPicture, picturesFromTensor, pictureTensor } from "@noisette/core/training/pictures";
import { decodeAll, openEncoder, readAutoencoder } from "@noisette/core/training/trainers/autoencoder-files";
import type { Variant } from "./variants.ts";

/** The sheet of the pictures of `shown`, brought to `size`; of each factor there is a variant of both kinds. */
export async function ablationSheet(
  engine: Engine,
  {
    variants,
    shown,
    size,
    modelOf,
  }: { variants: readonly Variant[]; shown: Dataset; size: number; modelOf: (variant: Variant) => string },
): Promise<Image> {
  const originals: Image[] = [];
  for (let i = 0; i < shown.length; i++)
    originals.push(fittedPicture((await shown.read(i)).image, { width: size, height: size }, "crop"));
  const copies = new Map<Variant, Image[]>();
  for (const variant of variants) copies.set(variant, await copiesOf(engine, modelOf(variant), originals));
  const factors = [...new Set(variants.map(({ factor }) => factor))];
  return labelledGrid(
    {
      columns: originals.flatMap(() => ["real", "KL", "VQ"]),
      rows: factors.map((factor) => `f = ${factor}`),
      cells: factors.map((factor) => {
        const [kl, vq] = (["KL", "VQ"] as const).map((kind) =>
          copies.get(variants.find((one) => one.factor === factor && one.kind === kind)!)!,
        );
        return originals.flatMap((original, i) => [original, kl[i], vq[i]]);
      }),
    },
    { gap: 4 },
  );
}

async function copiesOf(engine: Engine, model: string, originals: readonly Image[]): Promise<Image[]> {
  const files = await readAutoencoder(model);
  const encoder = await openEncoder(engine, files);
  const { mean } = await encoder
    .encode(pictureTensor(originals, { channels: files.imageChannels }))
    .finally(encoder.close);
  return picturesFromTensor(await decodeAll(engine, files, mean));
}
