// What a caller can ask of `generate`: one schema, from which the types, the defaults, the CLI's flags and help, and the
// JSON schema all come.

import { z } from "zod";
import { samplers } from "../diffusion/samplers/index.ts";
import { schedules } from "../diffusion/schedules/index.ts";
import type { ScheduleSettings } from "../diffusion/schedules/types.ts";
import { oneOf } from "../util/one-of.ts";
import { adapterOptions } from "./adapter-options.ts";
import { controlOptions } from "./control-options.ts";
import { editingOptions } from "./editing-options.ts";
import { guidanceOptions } from "./guidance-options.ts";
import { ipAdapterOptions } from "./ip-adapter-options.ts";
import { networkOptions } from "./network-options.ts";
import { withCompat } from "./compat.ts";
import { compatOptions, promptOptions } from "./prompt-options.ts";

const side = z.int().min(8).max(16384).multipleOf(8);
const positive = z.number().gt(0);
const scheduleSettings = {
  rho: positive,
  alpha: positive,
  beta: positive,
  mean: z.number(),
  scale: positive,
  threshold: positive,
  coefficient: positive,
} satisfies Record<keyof ScheduleSettings, z.ZodNumber>;
const size = z.tuple([z.int().min(0), z.int().min(0)]);

/** The options of one generation that can be written down: in a request, a PNG's metadata, or a JSON schema. */
export const generateOptions = z.strictObject({
  prompt: z
    .union([z.string(), z.array(z.string()).min(1)])
    .describe("What the picture shows; a list makes pictures for each"),
  negativePrompt: z
    .union([z.string(), z.array(z.string()).min(1)])
    .optional()
    .describe("What it should not show; a list has one for each prompt"),
  prompt2: z.string().optional().describe("Prompt for SDXL's second text encoder, instead of the same one"),
  negativePrompt2: z.string().optional().describe("Negative prompt for SDXL's second text encoder"),
  ...promptOptions,
  steps: z.int().min(1).max(1000).optional().describe("Denoising steps (the model's usual number)"),
  sampler: oneOf(samplers).optional().describe("How to step (what the checkpoint's scheduler_config.json says)"),
  schedule: oneOf(schedules).optional().describe("Noise levels to step through (the sampler's usual ones)"),
  scheduleSettings: z
    .strictObject(scheduleSettings)
    .partial()
    .optional()
    .describe("Numbers in the schedule's formula, those that `noisette schedules NAME` lists (its usual ones)"),
  eta: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe("Fresh noise of ddim (0) and of the ancestral and SDE samplers (1)"),
  noise: z
    .enum(["independent", "brownian"])
    .optional()
    .describe(
      "Noise of SDE samplers: fresh for each step, or along one Brownian path, hardly changed by more steps (the sampler's own)",
    ),
  scheduler: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("A diffusers scheduler_config.json, instead of the checkpoint's own"),
  timesteps: z.array(z.number().min(0)).min(1).optional().describe("Timesteps to step through, instead of a schedule"),
  sigmas: z
    .array(z.number().min(0))
    .min(2)
    .optional()
    .describe("Noise levels to step through, ending in 0, instead of a schedule"),
  guidanceScale: z
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe("How strongly to follow the prompt; 1 and less turn guidance off (7.5; SDXL 5)"),
  guidanceRescale: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe("Pulls the contrast of guided pictures back (arXiv 2305.08891)"),
  ...guidanceOptions,
  ...networkOptions,
  ...adapterOptions,
  ...controlOptions,
  ...ipAdapterOptions,
  seed: z.int().min(0).optional().describe("Seed of the first picture; the next ones count up (random)"),
  width: side.optional().describe("Width in pixels, a multiple of 8 (the model's own)"),
  height: side.optional().describe("Height in pixels, a multiple of 8 (the model's own)"),
  upscale: z.boolean().optional().describe("Enlarge finished pictures by the model's own upscaler (where it has one)"),
  watermark: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe("Invisible text in the colours, as Stable Diffusion's own program writes it; after 0b, bits"),
  count: z.int().min(1).max(1000).default(1).describe("Pictures for each prompt"),
  clipSkip: z
    .int()
    .min(1)
    .max(12)
    .default(1)
    .describe("Text encoder layer to stop at, 1 = the usual last one, as A1111 counts"),
  clipSkipNegative: z
    .int()
    .min(1)
    .max(12)
    .default(1)
    .describe("The same for the negative prompt: 1 as in diffusers; A1111 takes clipSkip for both"),
  rng: z
    .enum(["cpu", "philox"])
    .default("cpu")
    .describe("Noise of torch on the CPU, or of CUDA as A1111 emulates it (philox)"),
  seeding: z
    .enum(["per-image", "batch"])
    .default("per-image")
    .describe("A generator for each picture (seed + i), or one for all, as diffusers with one generator"),
  ...compatOptions,
  originalSize: size.optional().describe("SDXL: height and width the picture claims to have had"),
  cropTopLeft: size.optional().describe("SDXL: top and left of the crop it claims to be"),
  targetSize: size.optional().describe("SDXL: height and width it claims to have been made for"),
  negativeOriginalSize: size.optional().describe("SDXL: the same for the negative prompt"),
  negativeCropTopLeft: size.optional().describe("SDXL: the same for the negative prompt"),
  negativeTargetSize: size.optional().describe("SDXL: the same for the negative prompt"),
  aestheticScore: z.number().default(6).describe("SDXL refiner: score the picture claims to have"),
  negativeAestheticScore: z.number().default(2.5).describe("SDXL refiner: the same for the negative prompt"),
  strength: z.number().gt(0).max(1).default(0.8).describe("How much of an initial picture to make anew"),
  ...editingOptions,
  denoisingStart: z
    .number()
    .min(0)
    .lt(1)
    .optional()
    .describe("Part of the schedule that another model has done already (SDXL refiner)"),
  denoisingEnd: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe("Part of the schedule after which to hand the latents over (SDXL base)"),
  guidanceBatching: z
    .enum(["auto", "batched", "sequential"])
    .default("auto")
    .describe("Both halves of guidance in one run, or one after the other to save memory"),
  tiledDecode: z
    .enum(["auto", "on", "off"])
    .default("auto")
    .describe("Decode large pictures in overlapping tiles to save memory"),
});

/** What a caller writes. */
export type GenerateOptions = z.input<typeof generateOptions>;
/** The same with every default filled in that does not depend on the model. */
export type ResolvedOptions = z.output<typeof generateOptions>;

/** `options` with the choices of their `compat`, checked. Throws RangeError that names the option, what it is and what is wanted. */
export function parseOptions(options: unknown): ResolvedOptions {
  const result = generateOptions.safeParse(withCompat(options));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.length === 0 ? "options" : path.join(".")}: ${message}`,
  );
  throw new RangeError(`Cannot generate: ${problems.join("; ")}`, { cause: result.error });
}

/** The options as a JSON schema, for APIs and editors. */
export const generateJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(generateOptions, { io: "input" }) as Record<string, unknown>;
