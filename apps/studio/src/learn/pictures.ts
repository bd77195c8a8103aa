// Series of pictures that differ in one thing: made one after the other, each shown while it comes.

import type { Image } from "@noisette/core/image/image";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { generate } from "../browser/model.ts";
import { computation } from "./computation.ts";
import type { Computation } from "./computation.ts";
import { lessonOptions } from "./subject.tsx";

/** Options of each picture of a series, by its name. */
export type Series = Readonly<Record<string, GenerateOptions>>;

/** The pictures by name: finished ones, and previews of the one that is being made. */
export type SeriesPictures = Readonly<Record<string, { readonly image: Image; readonly isFinished: boolean }>>;

/** A series for one figure. */
export const seriesOfPictures = (): Computation<Series, SeriesPictures> =>
  computation<Series, SeriesPictures>(
    () => ({}),
    async (series, { update, inTurn, signal }) => {
      let made: SeriesPictures = {};
      const show = (name: string, image: Image, isFinished: boolean) =>
        update((made = { ...made, [name]: { image, isFinished } }));
      await Promise.all(
        Object.entries(series).map(([name, options]) =>
          inTurn(async () => {
            const [{ image }] = await generate(
              { options: { ...lessonOptions, ...options }, previewEvery: 4 },
              {
                signal,
                tell(event) {
                  if (event.kind === "step" && event.preview !== undefined) show(name, event.preview, false);
                },
              },
            );
            show(name, image, true);
          }),
        ),
      );
    },
  );
