// A finished picture, or latents, on disk under the name of its seed.

import { basename, extname, join } from "node:path";
import type { Image, ImageEvent, PictureRecord } from "@noisette/core";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { heatOverlay } from "@noisette/core/image/heat-overlay";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { writePicture } from "@noisette/core/image/picture-file";
import { writePng } from "@noisette/core/image/png";
import { recordInfotext } from "@noisette/core/metadata/record-infotext";
import { formatRecord, recordKeyword } from "@noisette/core/metadata/saved-record";
import { writeSafetensors } from "@noisette/core/safetensors/write";
import { saveNew } from "./output-folder.ts";
import type { OutputFolder } from "./output-folder.ts";

/** What a contact sheet needs of a picture that is on disk. */
export interface ListedPicture {
  readonly path: string;
  readonly seed: number;
  /** Absent when latents were saved instead. */
  readonly image?: Image;
}

/** A picture that is on disk. */
export interface SavedPicture extends ListedPicture {
  readonly record: PictureRecord;
}

/** What the records need beside the event. */
export interface SaveContext {
  readonly output: OutputFolder;
  /** From 1 to 100, for formats that lose something. */
  readonly quality?: number;
  readonly loading: Parameters<typeof formatRecord>[1];
}

/** Saves what `event` brings: a picture that tells how it was made, or a .safetensors file when it has latents only. */
export async function savePicture(
  { seed, image, latents, record }: ImageEvent,
  { output, quality, loading }: SaveContext,
): Promise<SavedPicture> {
  const name = output.name ?? String(seed);
  const json = formatRecord(record, loading);
  if (image === undefined) {
    const path = await saveNew({ ...output, name, extension: "safetensors" }, (to) =>
      writeSafetensors(to, [["latents", latents]], { metadata: { [recordKeyword]: json } }),
    );
    return { path, seed, record };
  }
  const parameters = recordInfotext(record);
  const path = await saveNew({ ...output, name }, (to) =>
    writePicture(to, image, { format: output.format, quality, text: { parameters, [recordKeyword]: json } }),
  );
  return { path, seed, record, image };
}

/** Saves all of a run's pictures as one, each over its file's name; undefined when there is only one. */
export async function saveContactSheet(
  pictures: readonly ListedPicture[],
  { folder }: OutputFolder,
): Promise<string | undefined> {
  const shown = pictures.flatMap(({ image, path }) =>
    image === undefined ? [] : [{ image, label: basename(path, extname(path)) }],
  );
  if (shown.length < 2) return undefined;
  const sheet = await contactSheet(shown);
  return saveNew({ folder, name: `${pictures[0].seed}-sheet`, extension: "png" }, (to) => writePng(to, sheet));
}

/** Saves where each word was looked at: over the picture, a row for each step that was asked for alone. */
export async function saveAttention(
  { seed, image, attention }: ImageEvent,
  { folder, name = String(seed) }: OutputFolder,
): Promise<string | undefined> {
  const words = attention?.[0]?.words ?? [];
  if (image === undefined || words.length === 0) return undefined;
  const sheet =
    attention!.length === 1
      ? await contactSheet(words.map(({ word, heat }) => ({ image: heatOverlay(image, heat), label: word })))
      : await labelledGrid({
          columns: words.map(({ word }) => word),
          rows: attention!.map(({ steps }) => `step ${steps[0]}`),
          cells: attention!.map((row) => row.words.map(({ heat }) => heatOverlay(image, heat))),
        });
  return saveNew({ folder, name: `${name}-attention`, extension: "png" }, (to) => writePng(to, sheet));
}

/** Saves the sheets of a plot. */
export async function savePlot(sheets: readonly Image[], { folder }: OutputFolder, seed: number): Promise<string[]> {
  const paths: string[] = [];
  for (const sheet of sheets)
    paths.push(await saveNew({ folder, name: `${seed}-plot`, extension: "png" }, (to) => writePng(to, sheet)));
  return paths;
}

/** Replaces preview.png in the folder. */
export const savePreview = ({ folder }: OutputFolder, preview: Image): Promise<void> =>
  writePng(join(folder, "preview.png"), preview);
