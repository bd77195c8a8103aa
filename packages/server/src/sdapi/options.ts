// A1111's options that are served, each with what it does here: GET and POST /sdapi/v1/options, and override_settings.

import { closestName } from "@noisette/core/safetensors/closest-name";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { z } from "zod";
import { refuse } from "../guard/refuse.ts";
import { defaultModel, setDefaultModel } from "../models/default-model.ts";
import type { Services } from "../services.ts";
import { modelNamed } from "../models/model-names.ts";
import { modelTitle } from "./names.ts";

const on = z.boolean().default(false);
const off = z.boolean().default(true);

/** The options with their defaults, which are A1111's. */
const schema = z.object({
  sd_model_checkpoint: z.string().default(""),
  sd_vae: z
    .enum(["Automatic", "None"], 'only the model\'s own autoencoder is served ("Automatic" is wanted)')
    .default("Automatic"),
  CLIP_stop_at_last_layers: z.int().min(1).max(12).default(1),
  randn_source: z.enum(["GPU", "CPU", "NV"]).default("GPU"),
  emphasis: z.enum(["None", "Ignore", "Original", "No norm"]).default("Original"),
  eta_noise_seed_delta: z.int().min(0).default(0),
  eta_ddim: z.number().min(0).max(1).default(0),
  eta_ancestral: z.number().min(0).max(1).default(1),
  s_min_uncond: z.number().min(0).default(0),
  skip_early_cond: z.number().min(0).max(1).default(0),
  pad_cond_uncond: on,
  sgm_noise_multiplier: on,
  always_discard_next_to_last_sigma: on,
  tiling: on,
  img2img_fix_steps: on,
  initial_noise_multiplier: z.literal(1, "the first noise is never scaled (1 is wanted)").default(1),
  img2img_background_color: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'a colour like "#ffffff" is wanted')
    .default("#ffffff"),
  sdxl_crop_top: z.int().min(0).default(0),
  sdxl_crop_left: z.int().min(0).default(0),
  sdxl_refiner_low_aesthetic_score: z.number().default(2.5),
  sdxl_refiner_high_aesthetic_score: z.number().default(6),
  ESRGAN_tile: z.int().min(16).max(4096).default(192),
  ESRGAN_tile_overlap: z.int().min(0).max(512).default(8),
  samples_format: z.enum(["png", "jpg", "jpeg", "webp"]).default("png"),
  jpeg_quality: z.int().min(1).max(100).default(80),
  webp_lossless: on,
  enable_pnginfo: off,
  return_grid: off,
  live_previews_enable: off,
  live_previews_image_format: z.enum(["png", "jpeg", "webp"]).default("png"),
  show_progress_every_n_steps: z.int().min(1).max(1000).default(10),
});

/** All of them. */
export type SdOptions = z.output<typeof schema>;

const setting = "sdapi-options";

/** The options as they stand. */
export async function readOptions(services: Services): Promise<SdOptions> {
  const saved = (await services.catalogue.settings.read(setting)) as object | undefined;
  const model = await defaultModel(services);
  return schema.parse({ ...saved, sd_model_checkpoint: model === undefined ? "" : modelTitle(model) });
}

/** `options` with the changes that somebody wrote. Throws a problem on names and values that are not served. */
export async function changedOptions(services: Services, options: SdOptions, changes: object): Promise<SdOptions> {
  const names = Object.keys(schema.shape);
  for (const name of Object.keys(changes)) {
    if (names.includes(name)) continue;
    throw refuse(
      "bad-request",
      `Cannot set "${name}": there is no such option here (closest: "${closestName(name, names)}"; GET /sdapi/v1/options lists them)`,
    );
  }
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null));
  const { data, error } = schema.safeParse({ ...options, ...given });
  if (data === undefined) {
    const told = error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw refuse("bad-request", `Cannot set the options: ${told.join("; ")}`);
  }
  if ("sd_model_checkpoint" in given) await modelNamed(services, data.sd_model_checkpoint);
  return data;
}

/** Makes the changes stay; a checkpoint becomes the server's default model. */
export async function saveOptions(services: Services, changes: object): Promise<void> {
  const options = await changedOptions(services, await readOptions(services), changes);
  if ("sd_model_checkpoint" in changes)
    await setDefaultModel(services, (await modelNamed(services, options.sd_model_checkpoint)).id);
  const saved = (await services.catalogue.settings.read(setting)) as object | undefined;
  const { sd_model_checkpoint: _, ...kept } = changes as Partial<SdOptions>;
  await services.catalogue.settings.write(setting, { ...saved, ...kept });
}

const emphases = { None: "none", Ignore: "ignore", Original: "original", "No norm": "no-norm" } as const;

/** What the options ask of every generation. */
export const generationOptions = (options: SdOptions): Partial<GenerateOptions> => ({
  clipSkip: options.CLIP_stop_at_last_layers,
  rng: options.randn_source === "CPU" ? "cpu" : "philox",
  emphasis: emphases[options.emphasis],
  noiseSeedDelta: options.eta_noise_seed_delta,
  ...(options.s_min_uncond > 0 && { alternateGuidanceBelow: options.s_min_uncond }),
  ...(options.skip_early_cond > 0 && { guidanceSteps: [options.skip_early_cond, 1] as [number, number] }),
  ...(options.pad_cond_uncond && { padNegative: true }),
  ...(options.sgm_noise_multiplier && { initialNoise: "sgm" as const }),
  ...(options.always_discard_next_to_last_sigma && { discardPenultimate: "on" as const }),
  ...(options.tiling && { tiling: "xy" as const }),
  ...((options.sdxl_crop_top > 0 || options.sdxl_crop_left > 0) && {
    cropTopLeft: [options.sdxl_crop_top, options.sdxl_crop_left] as [number, number],
  }),
  aestheticScore: options.sdxl_refiner_high_aesthetic_score,
  negativeAestheticScore: options.sdxl_refiner_low_aesthetic_score,
});
