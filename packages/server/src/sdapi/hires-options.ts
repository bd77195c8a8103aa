// The second pass of txt2img: enable_hr and what begins with hr_.

import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import type { SamplerId } from "@noisette/core/diffusion/samplers/index";
import type { ScheduleId } from "@noisette/core/diffusion/schedules/index";
import { compatModes } from "@noisette/core/pipelines/compat";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import type { Services } from "../services.ts";
import type { TextToImage } from "./fields.ts";
import { latentModes, plainUpscalers, samplingNamed, toEight, upscalerNamed } from "./names.ts";
import { notServed } from "./not-served.ts";

/** The options of a second pass, and the network that enlarges for it. */
export async function hiresOptions(
  body: TextToImage,
  { width = 0, height = 0 }: GenerateOptions,
  { services, family }: { readonly services: Services; readonly family: string | undefined },
): Promise<Partial<GenerateOptions> & { upscaler?: string }> {
  notServed({
    hr_checkpoint_name: !["", "Use same checkpoint", undefined].includes(body.hr_checkpoint_name),
    "denoising_strength 0 of a second pass": body.denoising_strength === 0,
  });
  const isSame = (name: string | undefined) => name === undefined || name === "" || name.startsWith("Use same ");
  const named =
    isSame(body.hr_sampler_name) && isSame(body.hr_scheduler)
      ? undefined
      : samplingNamed(
          isSame(body.hr_sampler_name) ? (body.sampler_name ?? body.sampler_index) : body.hr_sampler_name!,
          {
            scheduler: isSame(body.hr_scheduler) ? body.scheduler : body.hr_scheduler,
            family,
          },
        );
  return {
    ...hiresSizes(body, { width, height }),
    ...(await hiresUpscaler(body.hr_upscaler ?? "Latent", services)),
    hiresStrength: body.denoising_strength,
    ...(body.hr_second_pass_steps > 0 && { hiresSteps: body.hr_second_pass_steps }),
    ...(named !== undefined && {
      hiresSampler: named.sampler,
      hiresSchedule: named.schedule ?? ownSchedule(named.sampler),
    }),
    ...(body.hr_prompt !== "" && { hiresPrompt: body.hr_prompt }),
    ...(body.hr_negative_prompt !== "" && { hiresNegativePrompt: body.hr_negative_prompt }),
    ...(body.hr_cfg !== undefined && { hiresGuidanceScale: body.hr_cfg }),
  };
}

/** What "Automatic" is for a sampler. */
const ownSchedule = (sampler: SamplerId): ScheduleId =>
  compatModes.a1111({ prompt: "", sampler }).schedule ?? samplerTable[sampler].schedule;

/** Sizes of both passes: a factor, a size, or (before 1.0) a first size smaller than the last. */
function hiresSizes(
  body: TextToImage,
  size: { readonly width: number; readonly height: number },
): Partial<GenerateOptions> {
  const { hr_resize_x: x, hr_resize_y: y, firstphase_width: firstWidth, firstphase_height: firstHeight } = body;
  if (firstWidth > 0 && firstHeight > 0)
    return { width: toEight(firstWidth), height: toEight(firstHeight), hiresSize: [size.width, size.height] };
  if (x === 0 && y === 0) {
    if (body.hr_scale > 1) return { hiresScale: body.hr_scale };
    return { hiresSize: [toEight(size.width * body.hr_scale), toEight(size.height * body.hr_scale)] };
  }
  // One side may be left out: it follows the other. A1111 cuts what another shape has too much.
  const wide = x || Math.floor((y * size.width) / size.height);
  const high = y || Math.floor((x * size.height) / size.width);
  const isOtherShape = Math.abs(wide / high - size.width / size.height) > 0.02;
  notServed({ [`a second pass of ${wide}×${high} after ${size.width}×${size.height}, another shape`]: isOtherShape });
  return { hiresSize: [toEight(wide), toEight(high)] };
}

async function hiresUpscaler(
  name: string,
  services: Services,
): Promise<Partial<GenerateOptions> & { upscaler?: string }> {
  const latent = latentModes.find((mode) => mode.name === name);
  if (latent !== undefined) return { hiresUpscaler: latent.id };
  if (Object.hasOwn(plainUpscalers, name))
    return { hiresUpscaler: plainUpscalers[name as keyof typeof plainUpscalers] };
  return { upscaler: await upscalerNamed(services, name) };
}
