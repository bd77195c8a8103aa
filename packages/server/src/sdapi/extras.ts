// extra-single-image and extra-batch-images: pictures enlarged by a filter or a network, or by two, mixed.

import type { Image } from "@noisette/core";
import { blended, pasted } from "@noisette/core/image/compose";
import { readPictureText } from "@noisette/core/image/picture-file";
import { pngBytes } from "@noisette/core/image/png";
import { resizeImage } from "@noisette/core/image/resize";
import { decodeImage } from "@noisette/core/platform/node";
import { z } from "zod";
import { refuse } from "../guard/refuse.ts";
import { awaitJob } from "../jobs/await-job.ts";
import { removePicture } from "../jobs/pictures.ts";
import { bytesOf } from "../routes/images.ts";
import type { Services } from "../services.ts";
import { dataUrl, decodePicture } from "../store/picture-bytes.ts";
import { fileIn } from "./input-pictures.ts";
import { plainUpscalers, upscalerNamed } from "./names.ts";
import type { SdOptions } from "./options.ts";

const part = z.number().min(0).max(1);
const none = part.default(0).describe("Only 0 is served");

const settings = {
  resize_mode: z.int().min(0).max(1).default(0).describe("0 by a factor, 1 to a size"),
  show_extras_results: z.boolean().default(true).describe("Give the pictures back"),
  gfpgan_visibility: none,
  codeformer_visibility: none,
  codeformer_weight: part.default(0).describe("Of no account without CodeFormer"),
  upscaling_resize: z.number().gt(0).max(16).default(2),
  upscaling_resize_w: z.int().min(1).max(16384).default(512),
  upscaling_resize_h: z.int().min(1).max(16384).default(512),
  upscaling_crop: z.boolean().default(true).describe("Cut what a size of another shape has too much"),
  upscaler_1: z.string().default("None"),
  upscaler_2: z.string().default("None"),
  extras_upscaler_2_visibility: part.default(0),
  upscale_first: z.boolean().default(false).describe("Of no account without face restoration"),
};

/** The body of extra-single-image. */
export const singleExtra = z.looseObject({ ...settings, image: z.string().min(1) }).meta({ id: "SdapiExtraSingle" });

/** The body of extra-batch-images. */
export const batchExtra = z
  .looseObject({
    ...settings,
    imageList: z
      .array(z.object({ data: z.string().min(1), name: z.string() }))
      .min(1)
      .max(100),
  })
  .meta({ id: "SdapiExtraBatch" });

type Settings = z.output<z.ZodObject<typeof settings>>;

/** What the work is done with. */
export interface ExtraContext {
  readonly services: Services;
  readonly options: SdOptions;
  readonly owner: string;
  readonly signal: AbortSignal;
}

/** The picture in `text` (base64) as the settings want it, as a PNG, and what was done in words. */
export async function extraPicture(
  text: string,
  asked: Settings,
  context: ExtraContext,
): Promise<{ readonly file: Uint8Array; readonly did: string }> {
  if (asked.gfpgan_visibility > 0 || asked.codeformer_visibility > 0)
    throw refuse(
      "bad-request",
      "Cannot restore faces: neither GFPGAN nor CodeFormer is served (visibility 0 is wanted)",
    );
  const file = fileIn(text);
  const image = await decodePicture(file, context.services.limits);
  if (asked.upscaler_1 === "None") return { file: await withTexts(image, file, ""), did: "" };
  const scale = scaleOf(image, asked);
  const first = await enlarged({ image, file }, { name: asked.upscaler_1, scale }, context);
  const visibility = asked.upscaler_2 === "None" ? 0 : asked.extras_upscaler_2_visibility;
  const second = visibility > 0 && (await enlarged({ image, file }, { name: asked.upscaler_2, scale }, context));
  const mixed = second ? mix(first, second, visibility) : first;
  const made = asked.resize_mode === 1 && asked.upscaling_crop ? cut(mixed, asked) : mixed;
  const did = [
    asked.resize_mode === 1
      ? `Postprocess upscale to: ${asked.upscaling_resize_w}x${asked.upscaling_resize_h}`
      : `Postprocess upscale by: ${asked.upscaling_resize}`,
    `Postprocess upscaler: ${asked.upscaler_1}`,
    ...(visibility > 0 ? [`Postprocess upscaler 2: ${asked.upscaler_2}`] : []),
  ].join(", ");
  return { file: await withTexts(made, file, did), did };
}

const scaleOf = ({ width, height }: Image, asked: Settings): number =>
  asked.resize_mode === 1
    ? Math.max(asked.upscaling_resize_w / width, asked.upscaling_resize_h / height)
    : asked.upscaling_resize;

async function enlarged(
  { image, file }: { readonly image: Image; readonly file: Uint8Array },
  { name, scale }: { readonly name: string; readonly scale: number },
  { services, options, owner, signal }: ExtraContext,
): Promise<Image> {
  const size = {
    width: Math.max(1, Math.trunc(image.width * scale)),
    height: Math.max(1, Math.trunc(image.height * scale)),
  };
  if (size.width * size.height > services.limits.pixels)
    throw refuse(
      "beyond-limits",
      `Cannot enlarge to ${size.width}×${size.height}: that is too large (${services.limits.pixels} pixels at most are wanted)`,
    );
  if (Object.hasOwn(plainUpscalers, name))
    return resizeImage(image, { ...size, filter: plainUpscalers[name as keyof typeof plainUpscalers] });
  const { images } = await awaitJob(
    services,
    {
      task: "upscale",
      image: dataUrl(file),
      upscaler: await upscalerNamed(services, name),
      scale,
      tile: options.ESRGAN_tile,
      overlap: options.ESRGAN_tile_overlap,
    },
    { owner, signal },
  );
  const kept = images[0] && (await services.catalogue.images.find(images[0].id));
  if (kept === undefined) throw refuse("conflict", "Cannot enlarge the picture: the job was cancelled");
  const made = await decodeImage(await bytesOf(services, kept));
  await removePicture(services, kept);
  return resizeImage(made, { ...size, filter: "lanczos" });
}

/** `visibility` of the second over the first. */
const mix = (first: Image, second: Image, visibility: number): Image =>
  blended(second, first, {
    width: first.width,
    height: first.height,
    data: new Uint8Array(first.width * first.height).fill(Math.round(255 * visibility)),
  });

/** The middle of the picture; black around it where it is smaller. */
function cut(image: Image, { upscaling_resize_w: width, upscaling_resize_h: height }: Settings): Image {
  const data = new Uint8Array(width * height * image.channels);
  return pasted(
    image,
    { width, height, channels: image.channels, data },
    {
      left: Math.floor(width / 2) - Math.floor(image.width / 2),
      top: Math.floor(height / 2) - Math.floor(image.height / 2),
    },
  );
}

/** A PNG with the texts of the picture it came from, where it has any that can be read. */
async function withTexts(image: Image, source: Uint8Array, did: string): Promise<Uint8Array> {
  let texts: Readonly<Record<string, string>> = {};
  try {
    texts = readPictureText(source);
  } catch {
    // A picture of a format that holds none.
  }
  return pngBytes(image, did === "" ? texts : { ...texts, postprocessing: did });
}
