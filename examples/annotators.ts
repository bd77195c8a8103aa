// Every control picture that can be made of a picture without a network, on one sheet:
// npx tsx --conditions=source examples/annotators.ts PICTURE

import type { Image } from "noisette";
import { annotate, annotatorIds } from "@noisette/core/image/annotators/index";
import type { AnnotatorId } from "@noisette/core/image/annotators/index";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** What some annotators are asked for here, instead of their defaults. */
const options: Partial<Record<AnnotatorId, Readonly<Record<string, number>>>> = {
  color: { cell: 16 },
  shuffle: { seed: 7, scale: 64 },
};

/** A row for every annotator: what it makes of `picture`. A scribble is made of edges. */
export async function annotatorSheet(picture: Image): Promise<Image> {
  const edges = annotate("canny", picture, { low: 100, high: 200 });
  const made = annotatorIds.map((id) =>
    id === "scribble" ? annotate(id, edges, { threshold: 20 }) : annotate(id, picture, options[id]),
  );
  return labelledGrid({ columns: ["control picture"], rows: annotatorIds, cells: made.map((image) => [image]) });
}

await runExample(import.meta.url, async (_sd, [picture]) => ({
  annotators: await annotatorSheet(await readImage(picture)),
}));
