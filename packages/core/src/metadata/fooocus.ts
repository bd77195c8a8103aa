// Fooocus's own note, JSON in "parameters", as options.

import { emptyDraft, numberIn, settingsOf, sizeIn } from "./found-settings.ts";
import type { FoundSettings } from "./found-settings.ts";
import { parseRecord } from "./json.ts";
import { comfyuiSampler, comfyuiSchedule } from "./names.ts";

/** The settings in `text`; undefined when it is no note of Fooocus's. */
export function readFooocus(text: string): FoundSettings | undefined {
  const json = parseRecord(text);
  if (json === undefined || json.prompt === undefined || json.base_model === undefined) return undefined;
  const draft = emptyDraft();
  const { options, notReproduced, networks } = draft;
  const joined = (full: unknown, plain: unknown) => (Array.isArray(full) ? full.join(", ") : String(plain ?? ""));
  Object.assign(options, {
    compat: "comfyui",
    promptSyntax: "a1111",
    emphasis: "original",
    prompt: joined(json.full_prompt, json.prompt),
    negativePrompt: joined(json.full_negative_prompt, json.negative_prompt) || undefined,
    steps: numberIn(json.steps),
    guidanceScale: numberIn(json.guidance_scale),
    seed: numberIn(json.seed),
    sampler: comfyuiSampler(String(json.sampler)),
    schedule: comfyuiSchedule(String(json.scheduler)),
    ...(json.clip_skip !== undefined && { clipSkip: numberIn(json.clip_skip) }),
  });
  for (const [name, option] of [
    ["sampler", "sampler"],
    ["scheduler", "schedule"],
  ])
    if (options[option] === undefined) notReproduced.push(`${name}: ${String(json[name])}`);
  const size = sizeIn(String(json.resolution).replace(/^\((\d+), ?(\d+)\)$/, "$1x$2"));
  if (size) [options.width, options.height] = size;
  draft.model = modelIn(json.base_model, json.base_model_hash);
  if (json.refiner_model !== undefined && json.refiner_model !== "None") {
    draft.refiner = modelIn(json.refiner_model, json.refiner_model_hash);
    options.refinerAt = numberIn(json.refiner_switch);
  }
  for (const lora of Array.isArray(json.loras) ? (json.loras as unknown[]) : [])
    if (Array.isArray(lora))
      networks.push(`<lora:${String(lora[0]).replace(/\.safetensors$/, "")}:${numberIn(lora[1])}>`);
  // Its changes to the network and to SDXL's sizes have no options here.
  for (const name of ["sharpness", "adm_guidance", "adaptive_cfg", "freeu", "inpaint_engine_version"])
    if (json[name] !== undefined) notReproduced.push(`${name}: ${String(json[name])}`);
  return settingsOf(String(json.version ?? "Fooocus"), draft);
}

function modelIn(name: unknown, hash: unknown) {
  return { name: String(name), ...(typeof hash === "string" && { hash }) };
}
