// The answer of txt2img and img2img: the files, and how they were made, filled in as A1111 fills it.

import type { PictureRecord } from "@noisette/core";
import { pictureBytes, readPictureText } from "@noisette/core/image/picture-file";
import type { Image } from "@noisette/core";
import { infotextFields } from "@noisette/core/metadata/infotext-fields";
import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerRow } from "@noisette/core/diffusion/samplers/index";
import { decodeImage } from "@noisette/core/platform/node";
import { version } from "@noisette/core/util/version";
import { removePicture } from "../jobs/pictures.ts";
import { bytesOf } from "../routes/images.ts";
import type { Services } from "../services.ts";
import type { CallResult } from "./calls.ts";
import type { ImageToImage, TextToImage } from "./fields.ts";
import { unknownFields } from "./fields.ts";
import { pictureGrid } from "./grid.ts";
import type { SdOptions } from "./options.ts";

interface Made {
  readonly file: Uint8Array;
  readonly record: PictureRecord;
  readonly infotext: string;
}

/** The answer to `body`. Pictures that are not to be saved leave the gallery. */
export async function answerTo(
  services: Services,
  { body, options, result }: { body: TextToImage | ImageToImage; options: SdOptions; result: CallResult },
): Promise<{ images: string[]; parameters: object; info: string }> {
  const made: Made[] = [];
  for (const { id } of result.images) {
    const image = await services.catalogue.images.find(id);
    if (image === undefined) continue;
    const file = await bytesOf(services, image);
    const record = image.record as unknown as PictureRecord;
    made.push({ file, record, infotext: readPictureText(file).parameters ?? "" });
    if (!body.save_images) await removePicture(services, image);
  }
  const files = await Promise.all(made.map(({ file, infotext }) => inFormat(file, infotext, options)));
  const hasGrid = body.save_images && options.return_grid && made.length > 1;
  if (hasGrid) {
    const grid = pictureGrid(await Promise.all(made.map(({ file }) => decodeImage(file))), body.batch_size);
    files.unshift(await encoded(grid, made[0].infotext, options));
  }
  const model = await services.models.find(result.requests[0].model!);
  const isInpainting = model?.task === "inpainting";
  const info = infoOf(body, { options, result, made, hasGrid, isInpainting });
  const images = body.send_images ? files.map((file) => Buffer.from(file).toString("base64")) : [];
  return { images, parameters: parametersOf(body), info: JSON.stringify(info) };
}

/** The body with its defaults; pictures are given back only when asked for. */
function parametersOf(body: TextToImage | ImageToImage): object {
  if (!("init_images" in body) || body.include_init_images === true) return body;
  return { ...body, init_images: null, mask: null };
}

/** A PNG of ours as the options want pictures. */
async function inFormat(file: Uint8Array, infotext: string, options: SdOptions): Promise<Uint8Array> {
  if (options.samples_format === "png" && options.enable_pnginfo) return file;
  return encoded(await decodeImage(file), infotext, options);
}

const encoded = (image: Image, infotext: string, options: SdOptions): Promise<Uint8Array> =>
  pictureBytes(image, {
    ...(options.enable_pnginfo && { text: { parameters: infotext } }),
    ...formats[options.samples_format](options),
  });

const jpeg = ({ jpeg_quality: quality }: SdOptions) => ({ format: "jpeg" as const, quality });
const formats = {
  png: () => ({ format: "png" as const }),
  jpg: jpeg,
  jpeg,
  webp: ({ jpeg_quality: quality, webp_lossless: lossless }: SdOptions) => ({
    format: "webp" as const,
    quality: lossless ? 100 : Math.min(quality, 99),
  }),
};

/** Fields that have a place of their own in `info`. */
const plainFields = new Set(["Steps", "Sampler", "CFG scale", "Seed", "Size", "Model hash", "Model", "Version", "RNG"]);

interface Told {
  readonly options: SdOptions;
  readonly result: CallResult;
  readonly made: readonly Made[];
  readonly hasGrid: boolean;
  /** The UNet is given mask and picture. */
  readonly isInpainting: boolean;
}

function infoOf(
  body: TextToImage | ImageToImage,
  { options: settings, result, made, hasGrid, isInpainting }: Told,
): object {
  const [request] = result.requests;
  const records = made.map(({ record }) => record);
  const options = records[0]?.options ?? request.options;
  const each = <T>(read: (one: PictureRecord["options"]) => T, otherwise: T): T[] =>
    records.length > 0 ? records.map((record) => read(record.options)) : [otherwise];
  const prompts = each((one) => [one.prompt].flat()[0], body.prompt);
  const negatives = each((one) => [one.negativePrompt ?? ""].flat()[0], body.negative_prompt);
  const seeds = each((one) => one.seed, request.options.seed!);
  const subseeds = each((one) => one.variationSeed ?? body.subseed, body.subseed);
  const infotexts = made.map(({ infotext }) => infotext);
  const sampler = samplerTable[options.sampler as keyof typeof samplerTable] as SamplerRow;
  const unknown = unknownFields(body);
  return {
    prompt: prompts[0],
    all_prompts: prompts,
    negative_prompt: negatives[0],
    all_negative_prompts: negatives,
    seed: seeds[0],
    all_seeds: seeds,
    subseed: subseeds[0],
    all_subseeds: subseeds,
    subseed_strength: body.subseed_strength,
    width: options.width,
    height: options.height,
    sampler_name: sampler.names.a1111 ?? options.sampler,
    cfg_scale: body.cfg_scale,
    steps: body.steps,
    batch_size: body.batch_size,
    restore_faces: false,
    face_restoration_model: null,
    sd_model_name: records[0]?.model.name ?? settings.sd_model_checkpoint,
    sd_model_hash: records[0]?.model.hash ?? null,
    sd_vae_name: null,
    sd_vae_hash: null,
    seed_resize_from_w: body.seed_resize_from_w,
    seed_resize_from_h: body.seed_resize_from_h,
    denoising_strength: body.denoising_strength,
    extra_generation_params: records.length > 0 ? extraFields(records[0]) : {},
    index_of_first_image: hasGrid ? 1 : 0,
    infotexts: hasGrid ? [infotexts[0], ...infotexts] : infotexts,
    styles: body.styles,
    job_timestamp: timestamp(new Date()),
    clip_skip: settings.CLIP_stop_at_last_layers,
    is_using_inpainting_conditioning: isInpainting,
    version: `noisette ${version}`,
    // Not A1111's: what the caller should know.
    notices: [...result.notices, ...(unknown.length > 0 ? [`not served, and let be: ${unknown.join(", ")}`] : [])],
  };
}

const extraFields = (record: PictureRecord): object =>
  Object.fromEntries(
    Object.entries(infotextFields(record)).filter(([name, value]) => value !== undefined && !plainFields.has(name)),
  );

/** A time as A1111 writes it: 20260131235959. */
export const timestamp = (time: Date): string =>
  [time.getFullYear(), time.getMonth() + 1, time.getDate(), time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join("");
