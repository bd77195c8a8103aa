// Pictures on their way into jobs, and from there into the gallery.

import type { Image, ImageEvent } from "@noisette/core";
import { pngBytes } from "@noisette/core/image/png";
import { recordInfotext, recordPrompts } from "@noisette/core/metadata/record-infotext";
import { formatRecord, recordKeyword } from "@noisette/core/metadata/saved-record";
import { refuse } from "../guard/refuse.ts";
import type { ImageRecord } from "../schema/image.ts";
import type { Services } from "../services.ts";
import { pictureFile, thumbnailFile } from "../store/names.ts";
import { decodePicture, storedPicture } from "../store/picture-bytes.ts";

/** The picture that a request names; undefined where it names none. Throws a problem when it is gone. */
export async function inputPicture(
  { store, limits }: Pick<Services, "store" | "limits">,
  id: string | undefined,
): Promise<Image | undefined> {
  if (id === undefined) return undefined;
  const bytes = await storedPicture(store, id);
  if (bytes === undefined) throw refuse("unknown-picture", `Cannot use the picture "${id}": it was deleted meanwhile`);
  return decodePicture(bytes, limits);
}

/** A picture's id: the same however often its job is begun. */
export const pictureId = (job: string, picture: number): string => `${job}.${picture}`;

/**
 * Puts a finished picture into the gallery: its file first, whole, then its row. Undefined when it is there already. A
 * server that is killed in between makes the picture again and writes the same file.
 */
export async function keepPicture(
  services: Pick<Services, "store" | "catalogue">,
  { job, request }: { readonly job: string; readonly request: { readonly model?: string } },
  { picture, image, record, seed }: Pick<ImageEvent, "picture" | "record" | "seed"> & { readonly image: Image },
): Promise<ImageRecord | undefined> {
  const parameters = recordInfotext(record);
  const json = formatRecord(record, { model: record.model.path });
  const bytes = await pngBytes(image, { parameters, [recordKeyword]: json });
  return keepFile(services, {
    job,
    picture,
    bytes,
    width: image.width,
    height: image.height,
    ...recordPrompts(record),
    model: request.model ?? "",
    modelHash: record.model.hash,
    sampler: record.sampler,
    seed,
    steps: record.options.steps,
    guidanceScale: record.options.guidanceScale,
    record: { ...record },
  });
}

/** Puts a picture's file and row into the gallery. */
export async function keepFile(
  { store, catalogue }: Pick<Services, "store" | "catalogue">,
  {
    bytes,
    ...row
  }: Omit<Parameters<Services["catalogue"]["images"]["insert"]>[0], "id" | "file" | "sizeBytes"> & {
    readonly bytes: Uint8Array;
  },
): Promise<ImageRecord | undefined> {
  const id = pictureId(row.job, row.picture);
  const file = pictureFile(id);
  await store.write(file, bytes);
  return catalogue.images.insert({ id, file, sizeBytes: bytes.length, ...row });
}

/** Takes a picture out of the gallery, with its files. */
export async function removePicture(
  { store, catalogue }: Pick<Services, "store" | "catalogue">,
  { id, file }: { readonly id: string; readonly file: string },
): Promise<void> {
  await catalogue.images.remove(id);
  await store.remove(file);
  await store.remove(thumbnailFile(id));
}
