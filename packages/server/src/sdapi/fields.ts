// What txt2img and img2img take, by A1111's names and with its defaults. null is as good as leaving a field out, and
// fields that are not here are let be, as A1111 does; the answer names them.

import { isRecord } from "@noisette/core/util/is-record";
import { z } from "zod";

const text = z.string().max(100_000);
const count = z.int().min(1).max(1000);
const side = z.int().min(8).max(16384);
/** -1 for one drawn at random. */
const seed = z.int().min(-1).max(Number.MAX_SAFE_INTEGER);
const part = z.number().min(0).max(1);
/** A picture's file in base64, also as a data: URL. */
const picture = z.string().min(1);

const shared = {
  prompt: text.default(""),
  negative_prompt: text.default(""),
  styles: z.array(z.string()).default([]).describe("Names of styles.csv"),
  seed: seed.default(-1),
  subseed: seed.default(-1),
  subseed_strength: part.default(0),
  seed_resize_from_h: z.int().default(-1),
  seed_resize_from_w: z.int().default(-1),
  sampler_name: z
    .string()
    .optional()
    .describe("A1111's name, with the schedule behind it as before 1.9, an alias, or our id"),
  scheduler: z.string().optional().describe("A1111's name or label, or our id; Automatic is the sampler's own"),
  sampler_index: z.string().default("Euler").describe("The sampler where sampler_name is left out"),
  batch_size: count.default(1),
  n_iter: count.default(1),
  steps: z.int().min(1).max(1000).default(50),
  cfg_scale: z.number().min(0).max(100).default(7),
  width: side.optional().describe("512, or the side that the model was named with; cut down to a multiple of 8"),
  height: side.optional(),
  restore_faces: z.boolean().default(false).describe("Only false is served"),
  tiling: z.boolean().optional(),
  eta: part.optional(),
  s_min_uncond: z.number().min(0).optional(),
  s_churn: z.number().optional().describe("Only 0 is served"),
  s_tmin: z.number().optional().describe("Only 0 is served"),
  s_tmax: z.number().optional(),
  s_noise: z.number().optional().describe("Only 1 is served"),
  override_settings: z.record(z.string(), z.unknown()).default({}).describe("Options for this call alone"),
  override_settings_restore_afterwards: z.boolean().default(true),
  refiner_checkpoint: z.string().optional(),
  refiner_switch_at: z.number().min(0).max(1).optional(),
  disable_extra_networks: z.boolean().default(false),
  script_name: z.string().optional().describe("No scripts are served"),
  script_args: z.array(z.unknown()).default([]),
  alwayson_scripts: z.record(z.string(), z.unknown()).default({}).describe("controlnet is served"),
  send_images: z.boolean().default(true),
  save_images: z.boolean().default(false).describe("Keep the pictures in the gallery, and make a grid of several"),
  do_not_save_samples: z.boolean().default(false).describe("Decided by save_images, as in A1111"),
  do_not_save_grid: z.boolean().default(false).describe("Decided by save_images, as in A1111"),
  infotext: text.optional().describe("A picture's parameters, for the fields that are left out"),
};

/** null for left out. */
const withoutNulls = (body: unknown): unknown =>
  isRecord(body) ? Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null)) : body;

const textFields = {
  ...shared,
  denoising_strength: part.default(0.75).describe("Of the second pass"),
  enable_hr: z.boolean().default(false),
  firstphase_width: z.int().min(0).default(0),
  firstphase_height: z.int().min(0).default(0),
  hr_scale: z.number().gt(0).max(8).default(2),
  hr_upscaler: z.string().optional().describe("A latent mode, Lanczos, Nearest, None or an upscaler (Latent)"),
  hr_second_pass_steps: z.int().min(0).max(1000).default(0).describe("0 for as many as the first"),
  hr_resize_x: z.int().min(0).default(0),
  hr_resize_y: z.int().min(0).default(0),
  hr_checkpoint_name: z.string().optional().describe("Only the first pass's is served"),
  hr_sampler_name: z.string().optional(),
  hr_scheduler: z.string().optional(),
  hr_prompt: text.default(""),
  hr_negative_prompt: text.default(""),
  hr_cfg: z.number().min(0).max(100).optional().describe("Forge's: guidance of the second pass"),
  firstpass_image: picture.optional().describe("Is not served"),
};

const imageFields = {
  ...shared,
  init_images: z.array(picture).default([]),
  resize_mode: z.int().min(0).max(3).default(0).describe("0 just resize, 1 crop and resize, 2 resize and fill"),
  denoising_strength: part.default(0.75),
  image_cfg_scale: z.number().min(0).max(100).optional(),
  mask: picture.optional().describe("White where to paint"),
  mask_blur: z.int().min(0).max(256).optional(),
  mask_blur_x: z.int().min(0).max(256).default(4),
  mask_blur_y: z.int().min(0).max(256).default(4),
  mask_round: z.boolean().default(true).describe("Only true is served"),
  inpainting_fill: z.int().min(0).max(3).default(0).describe("0 fill, 1 original, 2 latent noise, 3 latent nothing"),
  inpaint_full_res: z.coerce.boolean().default(true).describe("Only masked"),
  inpaint_full_res_padding: z.int().min(0).max(4096).default(0),
  inpainting_mask_invert: z.coerce.number().int().min(0).max(1).default(0),
  initial_noise_multiplier: z.number().optional().describe("Only 1 is served"),
  latent_mask: picture.optional().describe("Is not served"),
  include_init_images: z.boolean().default(false).describe("Give the pictures back among the parameters"),
};

/** The body of txt2img. */
export const textToImage = z.preprocess(withoutNulls, z.looseObject(textFields)).meta({ id: "SdapiTxt2Img" });

/** The body of img2img. */
export const imageToImage = z.preprocess(withoutNulls, z.looseObject(imageFields)).meta({ id: "SdapiImg2Img" });

/** A body of txt2img with its defaults. */
export type TextToImage = z.output<typeof textToImage>;
/** A body of img2img with its defaults. */
export type ImageToImage = z.output<typeof imageToImage>;

const known = new Set([...Object.keys(textFields), ...Object.keys(imageFields), "force_task_id"]);

/** The fields of a body that are not served. */
export const unknownFields = (body: object): string[] => Object.keys(body).filter((name) => !known.has(name));
