// txt2img and img2img as jobs of ours: the same seed and settings give A1111's picture (compat "a1111").

import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerRow } from "@noisette/core/diffusion/samplers/index";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { networkTags } from "@noisette/core/prompts/network-tags";
import { placed } from "@noisette/core/prompts/placed-text";
import { applyStyles } from "@noisette/core/prompts/styles";
import type { Style } from "@noisette/core/prompts/styles";
import { refuse } from "../guard/refuse.ts";
import type { RequestOf } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { controlsOf } from "./controlnet.ts";
import type { ImageToImage, TextToImage } from "./fields.ts";
import { hiresOptions } from "./hires-options.ts";
import { maskUrl, pictureUrl } from "./input-pictures.ts";
import { modelNamed } from "../models/model-names.ts";
import { samplingNamed, toEight } from "./names.ts";
import { notServed } from "./not-served.ts";
import type { SdOptions } from "./options.ts";
import { generationOptions } from "./options.ts";

/** A job that makes pictures, as it is sent. */
export type GenerateJob = Omit<Partial<RequestOf<"generate">>, "options"> & {
  readonly task: "generate";
  readonly options: GenerateOptions;
};

/** What the bodies are read with. */
export interface Reading {
  readonly services: Services;
  /** As they hold for this call. */
  readonly options: SdOptions;
  readonly styles: readonly Style[];
}

type Body = TextToImage | ImageToImage;

/** The job of a txt2img. Throws a problem on what is not served. */
export async function textToImageJobs(body: TextToImage, reading: Reading): Promise<GenerateJob[]> {
  notServed({ firstpass_image: body.firstpass_image !== undefined });
  const { job, model, seed } = await baseJob(body, reading);
  const hires = body.enable_hr
    ? await hiresOptions(body, job.options, { services: reading.services, family: model.family })
    : {};
  const { upscaler, ...options } = hires;
  return [
    {
      ...job,
      ...(upscaler !== undefined && { upscaler }),
      options: { ...job.options, ...options, seed, count: body.batch_size * body.n_iter },
    },
  ];
}

/** The jobs of an img2img: one, or one for each initial picture of each batch. */
export async function imageToImageJobs(body: ImageToImage, reading: Reading): Promise<GenerateJob[]> {
  const [first, ...others] = body.init_images;
  if (first === undefined) throw refuse("not-found", "Cannot start: Init image not found (init_images wants one)");
  notServed({
    latent_mask: body.latent_mask !== undefined,
    "resize_mode 3": body.resize_mode === 3,
    "mask_round false": !body.mask_round,
    "mask_blur_x unlike mask_blur_y": body.mask_blur === undefined && body.mask_blur_x !== body.mask_blur_y,
    initial_noise_multiplier: (body.initial_noise_multiplier ?? 1) !== 1,
  });
  const { job, seed } = await baseJob(body, reading);
  const options: GenerateOptions = {
    ...job.options,
    // At 0 it still takes the step that A1111 takes.
    strength: Math.max(body.denoising_strength, 1e-6),
    ...(reading.options.img2img_fix_steps && { strengthSteps: "exact" }),
    ...(body.image_cfg_scale !== undefined && { imageGuidanceScale: body.image_cfg_scale }),
    ...(body.mask === undefined ? { fit: fits[body.resize_mode] } : maskOptions(body)),
  };
  const mask = body.mask && (await maskUrl(body.mask, reading.services.limits));
  const start = async (image: string, more: GenerateOptions): Promise<GenerateJob> => ({
    ...job,
    options: more,
    init: await pictureUrl(image, {
      limits: reading.services.limits,
      ground: reading.options.img2img_background_color,
    }),
    ...(mask !== undefined && { mask }),
  });
  if (others.length === 0) return [await start(first, { ...options, seed, count: body.batch_size * body.n_iter })];
  const each = body.init_images;
  return Promise.all(
    Array.from({ length: body.n_iter * each.length }, (_, i) =>
      start(each[i % each.length], { ...options, ...nthSeeds(options, seed, i), count: 1 }),
    ),
  );
}

/** Seeds of picture `i`: variations count the variation seed up. */
export const nthSeeds = (
  { variationStrength = 0, variationSeed }: GenerateOptions,
  seed: number,
  i: number,
): Pick<GenerateOptions, "seed" | "variationSeed"> =>
  variationStrength > 0 ? { seed, variationSeed: variationSeed! + i } : { seed: seed + i };

async function baseJob(body: Body, { services, options, styles }: Reading) {
  checkScripts(body.script_name ? [body.script_name] : []);
  notServed({
    restore_faces: body.restore_faces,
    s_churn: (body.s_churn ?? 0) !== 0,
    s_tmin: (body.s_tmin ?? 0) !== 0,
    s_noise: (body.s_noise ?? 1) !== 1,
    disable_extra_networks: body.disable_extra_networks && networkTags(placed(body.prompt)).networks.length > 0,
  });
  const model = await modelNamed(services, options.sd_model_checkpoint);
  const { sampler, schedule } = samplingNamed(body.sampler_name ?? body.sampler_index, {
    scheduler: body.scheduler,
    family: model.family,
  });
  const { prompt, negativePrompt } = styledPrompts(body, styles);
  const [seed, variationSeed] = [body.seed, body.subseed].map((value) => (value < 0 ? randomSeed() : value));
  const [width, height] = [body.width, body.height].map((side) => toEight(side ?? model.side ?? 512));
  const eta = etaOf(body, sampler, options);
  const { controls, others } = await controlsOf(body.alwayson_scripts, { width, height }, services);
  checkScripts(others);
  const base: GenerateOptions = {
    compat: "a1111",
    ...generationOptions(options),
    prompt,
    ...(negativePrompt !== "" && { negativePrompt }),
    sampler,
    ...(schedule !== undefined && { schedule }),
    steps: body.steps,
    guidanceScale: body.cfg_scale,
    width,
    height,
    ...(eta !== undefined && { eta }),
    ...(body.tiling !== undefined && { tiling: body.tiling ? "xy" : undefined }),
    ...(body.s_min_uncond !== undefined && { alternateGuidanceBelow: body.s_min_uncond || undefined }),
    ...(body.subseed_strength > 0 && { variationSeed, variationStrength: body.subseed_strength }),
    ...(body.seed_resize_from_w > 0 &&
      body.seed_resize_from_h > 0 && {
        seedResizeFrom: [toEight(body.seed_resize_from_w), toEight(body.seed_resize_from_h)] as [number, number],
      }),
  };
  const refiner = await refinerOf(body, services);
  const previewEvery = options.live_previews_enable ? options.show_progress_every_n_steps : 0;
  const job: GenerateJob = {
    task: "generate",
    model: model.id,
    previewEvery,
    ...controls,
    options: refiner === undefined ? base : { ...base, refinerAt: refiner.at },
    ...(refiner !== undefined && { refiner: refiner.id }),
  };
  return { job, model, seed };
}

function checkScripts(names: readonly string[]): void {
  if (names.length > 0)
    throw refuse(
      "generation-failed",
      `Cannot run the script "${names[0]}": Script '${names[0]}' not found (ControlNet is served)`,
    );
}

function styledPrompts({ styles: names, prompt, negative_prompt: negativePrompt }: Body, styles: readonly Style[]) {
  try {
    return applyStyles(styles, names, { prompt, negativePrompt });
  } catch (cause) {
    throw refuse("bad-request", (cause as Error).message, { cause });
  }
}

const randomSeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** The eta that a sampler reads; A1111 has one setting for DDIM and one for the others. */
function etaOf(body: Body, sampler: keyof typeof samplerTable, options: SdOptions): number | undefined {
  const row: SamplerRow = samplerTable[sampler];
  if (!row.settings.includes("eta")) return undefined;
  return body.eta ?? (sampler.startsWith("ddim") ? options.eta_ddim : options.eta_ancestral);
}

async function refinerOf({ refiner_checkpoint: name, refiner_switch_at: at }: Body, services: Services) {
  if (name === undefined || name === "" || name === "None" || at === undefined || at >= 1) return undefined;
  if (at === 0)
    throw refuse("bad-request", "Cannot switch to the refiner at 0: it would do everything (a later point is wanted)");
  return { id: (await modelNamed(services, name)).id, at };
}

const fits = ["stretch", "crop", "pad"] as const;
const fills = ["fill", "original", "noise", "nothing"] as const;

const maskOptions = (body: ImageToImage): Partial<GenerateOptions> => ({
  maskBlur: body.mask_blur ?? body.mask_blur_x,
  fill: fills[body.inpainting_fill],
  maskInvert: body.inpainting_mask_invert === 1,
  ...(body.inpaint_full_res
    ? { maskArea: "masked" as const, maskPadding: body.inpaint_full_res_padding }
    : { fit: fits[body.resize_mode], pasteOriginal: true }),
});
