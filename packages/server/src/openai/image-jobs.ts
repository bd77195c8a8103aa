// OpenAI's requests as jobs of ours.

import type { ScheduleId } from "@noisette/core/diffusion/schedules/index";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { imageFromMask, invertMask } from "@noisette/core/image/mask";
import { pngBytes } from "@noisette/core/image/png";
import { inspectCheckpoint } from "@noisette/core/checkpoints/inspect";
import { a1111Sampler, a1111Schedule, comfyuiSampler, comfyuiSchedule } from "@noisette/core/metadata/names";
import { readHistory } from "@noisette/core/metadata/read-history";
import { usableModel } from "../jobs/accept-job.ts";
import type { InstalledModel } from "../models/model-source.ts";
import type { JobRequest } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { checkPicture, dataUrl, decodePicture } from "../store/picture-bytes.ts";
import { alphaOf } from "../store/transparency.ts";
import type { Edit, Generation, Variation } from "./fields.ts";
import { refuseParameter } from "./fields.ts";
import type { PictureBody } from "./form-body.ts";

/** Steps where none are named; auto and standard take the model's own number. */
const qualitySteps: Partial<Record<Generation["quality"], number>> = { low: 15, medium: 25, high: 50, hd: 50 };

/** What a model makes, as far as its files say. */
interface ModelFacts {
  readonly model: InstalledModel;
  readonly channels: number | undefined;
  /** Of its own pictures, in pixels. */
  readonly side: number;
}

/** The job of generations. Throws a problem on what the model cannot make. */
export async function generationJob(body: Generation, services: Services): Promise<JobRequest> {
  checkForm(body);
  const facts = await factsOf(services, body.model);
  checkBackground(body, facts);
  return {
    task: "generate",
    model: facts.model.id,
    previewEvery: previewEvery(body),
    options: { ...commonOptions(body), ...sizeIn(body.size), prompt: body.prompt, count: body.n },
  };
}

/** The jobs of edits: one for each picture. The mask is the first one's. */
export async function editJobs(body: Edit, { images, mask }: PictureBody, services: Services): Promise<JobRequest[]> {
  checkForm(body);
  const facts = await factsOf(services, body.model);
  checkBackground(body, facts);
  return Promise.all(
    images.map(async (image, i): Promise<JobRequest> => {
      const painted = i === 0 && mask !== undefined ? await paintedArea(mask, image, services) : undefined;
      const strength = body.strength ?? (painted ? 1 : body.input_fidelity === "high" ? 0.5 : 0.8);
      return {
        task: "generate",
        model: facts.model.id,
        init: dataUrl(image),
        ...(painted !== undefined && { mask: painted }),
        previewEvery: previewEvery(body),
        options: {
          ...commonOptions(body),
          ...(await sizeFor(image, body.size, { services, facts })),
          prompt: body.prompt,
          count: body.n,
          strength,
          ...(painted !== undefined && { pasteOriginal: true }),
        },
      };
    }),
  );
}

/** The job of variations: the picture made anew in part, by its own prompt where its file tells it. */
export async function variationJob(body: Variation, { images }: PictureBody, services: Services): Promise<JobRequest> {
  const [image] = images;
  const facts = await factsOf(services, body.model);
  const told = promptsOf(image);
  const { negative_prompt: negativePrompt = told.negativePrompt } = body;
  return {
    task: "generate",
    model: facts.model.id,
    init: dataUrl(image),
    previewEvery: 0,
    options: {
      ...commonOptions({ ...body, quality: "auto", negative_prompt: negativePrompt }),
      ...(await sizeFor(image, body.size, { services, facts })),
      prompt: told.prompt,
      count: body.n,
      strength: body.strength ?? 0.6,
    },
  };
}

function promptsOf(image: Uint8Array): { readonly prompt: string; readonly negativePrompt?: string } {
  try {
    const { record, settings } = readHistory(image, "the picture");
    const { prompt, negativePrompt } = (record ?? settings).options;
    return { prompt: [prompt].flat()[0], negativePrompt: [negativePrompt].flat()[0] };
  } catch {
    return { prompt: "" };
  }
}

async function factsOf(services: Services, id: string | undefined): Promise<ModelFacts> {
  const model = await usableModel(services, id);
  // A model of the Hub that is not fetched yet has no files to look at.
  const report = await inspectCheckpoint(model.path).catch(() => undefined);
  const { vae, unet } = report?.model?.networks ?? {};
  const channels = vae?.config.out_channels;
  const cells = Number(unet?.config.sample_size ?? 64);
  return { model, channels: typeof channels === "number" ? channels : undefined, side: model.side ?? 8 * cells };
}

function checkForm({ background, output_format: format, partial_images: partial, stream }: Generation | Edit): void {
  if (background === "transparent" && format === "jpeg")
    throw refuseParameter("background", "invalid_value", {
      detail: "Invalid value for 'background': JPEG holds no transparency (png or webp is wanted).",
    });
  if (partial > 0 && !stream)
    throw refuseParameter("partial_images", "invalid_value", {
      detail: "Invalid value for 'partial_images': there is no stream to send them in (stream: true is wanted).",
    });
}

function checkBackground({ background }: Generation | Edit, { model, channels }: ModelFacts): void {
  if (background === "transparent" && channels !== 4)
    throw refuseParameter("background", "invalid_value", {
      detail: `Invalid value for 'background': the model "${model.id}" makes no transparency (opaque or auto is wanted).`,
    });
}

/** So often that there are as many previews as wanted, evenly over the steps. */
const previewEvery = ({ partial_images: partial, steps, quality }: Generation | Edit): number =>
  partial === 0 ? 0 : Math.max(1, Math.floor((steps ?? qualitySteps[quality] ?? 1) / (partial + 1)));

type Common = Pick<
  Generation,
  "quality" | "steps" | "seed" | "guidance_scale" | "negative_prompt" | "sampler" | "schedule"
>;

function commonOptions(body: Common): Omit<GenerateOptions, "prompt"> {
  const steps = body.steps ?? qualitySteps[body.quality];
  const named = body.sampler === undefined ? {} : samplerNamed(body.sampler);
  const schedule = body.schedule === undefined ? named.schedule : scheduleNamed(body.schedule);
  return {
    ...(steps !== undefined && { steps }),
    ...(body.seed !== undefined && { seed: body.seed }),
    ...(body.guidance_scale !== undefined && { guidanceScale: body.guidance_scale }),
    ...(body.negative_prompt && { negativePrompt: body.negative_prompt }),
    ...(named.sampler !== undefined && { sampler: named.sampler }),
    ...(schedule !== undefined && { schedule }),
  };
}

function samplerNamed(name: string): ReturnType<typeof a1111Sampler> {
  const found = a1111Sampler(name);
  const sampler = found.sampler ?? comfyuiSampler(name);
  if (sampler !== undefined) return { ...found, sampler };
  throw refuseParameter("sampler", "invalid_value", {
    detail: `Invalid value for 'sampler': there is no "${name}" (GET /v1/samplers lists those there are).`,
  });
}

function scheduleNamed(name: string): ScheduleId {
  const schedule = a1111Schedule(name) ?? comfyuiSchedule(name);
  if (schedule !== undefined) return schedule;
  throw refuseParameter("schedule", "invalid_value", {
    detail: `Invalid value for 'schedule': there is no "${name}" (GET /v1/schedules lists those there are).`,
  });
}

/** Width and height of "512x768"; none of "auto". */
function sizeIn(size: string): { readonly width?: number; readonly height?: number } {
  if (size === "auto") return {};
  const [width, height] = size.split("x").map(Number);
  if ([width, height].every((side) => side >= 8 && side <= 16384 && side % 8 === 0)) return { width, height };
  throw refuseParameter("size", "invalid_value", {
    detail: `Invalid value for 'size': '${size}' (multiples of 8 are wanted).`,
  });
}

/** The size of a run that starts from `image`: what was asked for, else the picture's own where the model can do that. */
async function sizeFor(
  image: Uint8Array,
  asked: string,
  { services, facts }: { readonly services: Services; readonly facts: ModelFacts },
): Promise<Pick<GenerateOptions, "width" | "height" | "fit">> {
  const own = await checkPicture(image, services.limits);
  const size = sizeIn(asked);
  if (size.width !== undefined) return { ...size, fit: "crop" };
  // Twice the side that it was trained at is where pictures fall apart.
  const scale = Math.min(1, (2 * facts.side) / Math.sqrt(own.width * own.height));
  const side = (pixels: number) => Math.max(8, Math.round((pixels * scale) / 8) * 8);
  return { width: side(own.width), height: side(own.height), fit: "stretch" };
}

/** The mask of a job: white where the given one is seen through. */
async function paintedArea(mask: Uint8Array, image: Uint8Array, { limits }: Services): Promise<string> {
  const [given, size] = await Promise.all([decodePicture(mask, limits), checkPicture(image, limits)]);
  if (given.width !== size.width || given.height !== size.height)
    throw refuseParameter("mask", "invalid_value", {
      detail: `Invalid value for 'mask': it is ${given.width}×${given.height} (${size.width}×${size.height}, the picture's size, is wanted).`,
    });
  if (given.channels !== 4)
    throw refuseParameter("mask", "invalid_value", {
      detail: "Invalid value for 'mask': it has no transparency (a PNG that is seen through where to paint is wanted).",
    });
  return dataUrl(await pngBytes(imageFromMask(invertMask(alphaOf(given)))));
}
