// Finished pictures and previews in the form that a request asks for.

import type { Image } from "@noisette/core";
import { overGround } from "@noisette/core/image/over-ground";
import { pictureBytes, readPictureText } from "@noisette/core/image/picture-file";
import type { TextEntries } from "@noisette/core/image/png-metadata";
import { decodeImage, resizeBitmap } from "@noisette/core/platform/node";
import { z } from "zod";

/** How a picture is to be given. */
export const pictureForm = z.object({
  format: z.enum(["png", "jpeg", "webp"]),
  /** 0 to 100, of JPEG and WebP. */
  quality: z.int().min(0).max(100),
  isOpaque: z.boolean(),
});

/** How a picture is to be given. */
export type PictureForm = z.output<typeof pictureForm>;

/** PNG as it is in the gallery. */
export const plainForm: PictureForm = { format: "png", quality: 100, isOpaque: false };

/** A PNG of the gallery in that form; it still tells how it was made. */
export async function formed(png: Uint8Array, form: PictureForm): Promise<Uint8Array> {
  if (form.format === "png" && !form.isOpaque) return png;
  return encoded(await decodeImage(png), { ...form, text: readPictureText(png) });
}

/** A preview in that form, as large as the picture is going to be. */
export async function formedPreview(
  preview: Uint8Array,
  { form, size }: { form: PictureForm; size: { readonly width: number; readonly height: number } | undefined },
): Promise<Uint8Array> {
  const image = await decodeImage(preview);
  return encoded(size === undefined ? image : await resizeBitmap(image, size), { ...form, text: {} });
}

const encoded = (image: Image, { format, quality, isOpaque, text }: PictureForm & { readonly text: TextEntries }) =>
  pictureBytes(isOpaque ? overGround(image) : image, {
    format,
    text,
    ...(format !== "png" && { quality: Math.max(1, quality) }),
  });
