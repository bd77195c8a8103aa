// What OpenAI's image routes take, and our own fields beside theirs. Fields that are unknown are refused, as OpenAI does.

import { closestName } from "@noisette/core/safetensors/closest-name";
import { isRecord } from "@noisette/core/util/is-record";
import { z } from "zod";
import { Refusal, refuse } from "../guard/refuse.ts";
import type { ProblemKindId } from "../guard/refuse.ts";

/** A problem with one parameter; `code` is OpenAI's. */
export function refuseParameter(
  param: string,
  code: string,
  { detail, kind = "bad-request" }: { readonly detail: string; readonly kind?: ProblemKindId },
): Refusal {
  const { problem } = refuse(kind, detail, { errors: [{ path: param, message: detail }] });
  return new Refusal({ ...problem, code } as typeof problem);
}

const size = z
  .string()
  .regex(/^(auto|\d{1,5}x\d{1,5})$/, 'auto, or a size like "512x768", is wanted')
  .default("auto")
  .describe("auto: the model's own, or the picture's");

const own = {
  seed: z.int().min(0).optional().describe("Not OpenAI's: of the first picture"),
  steps: z.int().min(1).max(1000).optional().describe("Not OpenAI's; quality chooses without it"),
  guidance_scale: z.number().min(0).max(100).optional().describe("Not OpenAI's"),
  negative_prompt: z.string().max(32_000).optional().describe("Not OpenAI's"),
  sampler: z.string().optional().describe("Not OpenAI's: an id, or A1111's or ComfyUI's name"),
  schedule: z.string().optional().describe("Not OpenAI's: an id, or A1111's or ComfyUI's name"),
};

const answered = {
  model: z.string().min(1).optional().describe("Of GET /v1/models; the server's default without it"),
  n: z.int().min(1).max(10).default(1),
  size,
  response_format: z.enum(["b64_json", "url"]).default("b64_json").describe("Addresses hold for an hour"),
  user: z.string().max(1000).optional().describe("Is taken and not used: keys tell users apart"),
};

const formed = {
  quality: z.enum(["auto", "standard", "hd", "low", "medium", "high"]).default("auto"),
  background: z
    .enum(["auto", "opaque", "transparent"])
    .default("auto")
    .describe("transparent wants a model that makes it"),
  output_format: z.enum(["png", "jpeg", "webp"]).default("png"),
  output_compression: z.int().min(0).max(100).default(100).describe("Quality of JPEG and WebP"),
  stream: z.boolean().default(false),
  partial_images: z.int().min(0).max(3).default(0).describe("Previews of each picture in the stream"),
};

const prompt = z.string().min(1).max(32_000);

/** The body of generations. */
export const generation = z
  .strictObject({
    prompt,
    ...answered,
    ...formed,
    moderation: z.enum(["auto", "low"]).default("auto").describe("Is taken and not used: nothing is held back here"),
    ...own,
  })
  .meta({ id: "OpenAIImageGeneration" });

const strength = z.number().gt(0).max(1).optional().describe("Not OpenAI's: how much is made anew");

/** The fields of edits beside the pictures. */
export const edit = z.strictObject({
  prompt,
  ...answered,
  ...formed,
  input_fidelity: z.enum(["low", "high"]).default("low").describe("Chooses the strength: 0.8 or 0.5"),
  strength,
  ...own,
});

/** The fields of variations beside the picture. */
export const variation = z.strictObject({ ...answered, strength, ...own });

/** A body of generations with its defaults. */
export type Generation = z.output<typeof generation>;
/** A body of edits with its defaults. */
export type Edit = z.output<typeof edit>;
/** A body of variations with its defaults. */
export type Variation = z.output<typeof variation>;

/** `body` with its defaults; null is as good as left out. Throws the first problem as OpenAI tells it. */
export function parsed<S extends z.ZodObject>(schema: S, body: unknown): z.output<S> {
  if (!isRecord(body)) throw refuse("bad-json", "Cannot read the body: it is no object (a JSON object is wanted)");
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const { data, error } = schema.safeParse(given);
  if (error === undefined) return data;
  const [issue] = error.issues;
  if (issue.code === "unrecognized_keys") {
    const closest = closestName(issue.keys[0], Object.keys(schema.shape));
    throw refuseParameter(issue.keys[0], "unknown_parameter", {
      detail: `Unknown parameter: '${issue.keys[0]}' (closest: "${closest}").`,
    });
  }
  const param = issue.path.join(".");
  const isMissing = !Object.hasOwn(given, param);
  throw isMissing
    ? refuseParameter(param, "missing_required_parameter", { detail: `Missing required parameter: '${param}'.` })
    : refuseParameter(param, "invalid_value", { detail: `Invalid value for '${param}': ${issue.message}.` });
}
