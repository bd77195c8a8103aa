// InvokeAI's notes as options: "invokeai_metadata" since version 3, "sd-metadata" of version 2, and the command line that
// still older ones kept as "Dream". It runs diffusers' schedulers, which are therefore named as such.

import { emptyDraft, numberIn, settingsOf } from "./found-settings.ts";
import type { FoundSettings, SettingsDraft } from "./found-settings.ts";
import { isRecord } from "../util/is-record.ts";
import { parseRecord } from "./json.ts";
import type { Json } from "./json.ts";
import { invokeaiSampler } from "./names.ts";

/** The settings in any of the three. */
export const invokeaiReaders = {
  invokeai_metadata: (text: string) => readObject(text, readMetadata),
  "sd-metadata": (text: string) => readObject(text, readVersion2),
  Dream: readCommand,
};

function readObject(text: string, read: (json: Json, draft: SettingsDraft) => boolean): FoundSettings | undefined {
  const json = parseRecord(text);
  if (json === undefined) return undefined;
  const draft = emptyDraft();
  draft.options.compat = "diffusers";
  if (!read(json, draft)) return undefined;
  const version = typeof json.app_version === "string" ? ` ${json.app_version}` : "";
  return settingsOf(`InvokeAI${version}`, draft);
}

const unsaid = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  value === false ||
  value === 0 ||
  (Array.isArray(value) && value.length === 0);

/** Names that hold other things than settings, or that another one's reading looks at. */
const silent = new Set([
  "app_version",
  "generation_mode",
  "rand_device",
  "metadata_version",
  "canvas_v2_metadata",
  "hrf_strength",
  "hrf_method",
]);

function readMetadata(json: Json, draft: SettingsDraft): boolean {
  if (!("positive_prompt" in json) && !("seed" in json)) return false;
  const { options, notReproduced, networks } = draft;
  const base = String(isRecord(json.model) ? (json.model.base ?? json.model.base_model) : "");
  const readers: Readonly<Record<string, (value: unknown) => void>> = {
    positive_prompt: (value) => void (options.prompt = compel(String(value), draft)),
    negative_prompt: (value) => void (options.negativePrompt = compel(String(value), draft) || undefined),
    positive_style_prompt: (value) => void (options.prompt2 = String(value) || undefined),
    negative_style_prompt: (value) => void (options.negativePrompt2 = String(value) || undefined),
    width: (value) => void (options.width = numberIn(value)),
    height: (value) => void (options.height = numberIn(value)),
    seed: (value) => void (options.seed = numberIn(value)),
    steps: (value) => void (options.steps = numberIn(value)),
    cfg_scale: (value) => void (options.guidanceScale = numberIn(value)),
    cfg_rescale_multiplier: (value) => void (options.guidanceRescale = numberIn(value)),
    scheduler: (value) => readScheduler(String(value), base, draft),
    clip_skip: (value) => void (options.clipSkip = 1 + numberIn(value)),
    strength: (value) => void (options.strength = numberIn(value)),
    seamless_x: () => void (options.tiling = options.tiling === "y" ? "xy" : "x"),
    seamless_y: () => void (options.tiling = options.tiling === "x" ? "xy" : "y"),
    init_image: (value) => void (draft.init = `the picture "${String(value)}"`),
    model: (value) => void (draft.model = modelIn(value)),
    refiner_model: (value) => void (draft.refiner = modelIn(value)),
    refiner_start: (value) => void (options.refinerAt = numberIn(value)),
    refiner_positive_aesthetic_score: (value) => void (options.aestheticScore = numberIn(value)),
    refiner_negative_aesthetic_score: (value) => void (options.negativeAestheticScore = numberIn(value)),
    loras: (value) => networks.push(...(Array.isArray(value) ? value : []).flatMap(loraTag)),
  };
  for (const [name, value] of Object.entries(json)) {
    if (silent.has(name) || (unsaid(value) && name !== "seed") || value === "") continue;
    if (Object.hasOwn(readers, name)) readers[name](value);
    else notReproduced.push(`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`);
  }
  if (/img2img|inpaint|outpaint/.test(String(json.generation_mode))) draft.init ??= "a picture";
  if (/inpaint|outpaint/.test(String(json.generation_mode))) draft.mask = "a mask";
  return true;
}

function modelIn(value: unknown): { name?: string } {
  if (typeof value === "string") return { name: value };
  const name = isRecord(value) ? (value.name ?? value.model_name) : undefined;
  return typeof name === "string" ? { name } : {};
}

function loraTag(entry: unknown): string[] {
  if (!isRecord(entry)) return [];
  const { name } = modelIn(entry.model ?? entry.lora);
  return name === undefined ? [] : [`<lora:${name}:${numberIn(entry.weight ?? 1)}>`];
}

/** Weights as compel writes them, (word)1.2 and word++, are text here. */
function compel(prompt: string, { notReproduced }: SettingsDraft): string {
  if (/[)\w](\+{1,9}|-{2,9})(?=[\s,.)]|$)|\)\d*\.?\d+|\.(blend|and|swap)\(/.test(prompt))
    notReproduced.push(`the weights in its prompt, of compel's syntax: ${prompt}`);
  return prompt;
}

/** Classes of diffusers, and what their configurations say besides. */
const schedulers: Readonly<Record<string, readonly [className: string, more?: Json]>> = {
  ddim: ["DDIMScheduler", { set_alpha_to_one: false }],
  ddpm: ["DDPMScheduler"],
  deis: ["DEISMultistepScheduler"],
  lms: ["LMSDiscreteScheduler"],
  pndm: ["PNDMScheduler", { skip_prk_steps: true, set_alpha_to_one: false }],
  heun: ["HeunDiscreteScheduler"],
  euler: ["EulerDiscreteScheduler"],
  euler_a: ["EulerAncestralDiscreteScheduler"],
  kdpm_2: ["KDPM2DiscreteScheduler"],
  kdpm_2_a: ["KDPM2AncestralDiscreteScheduler"],
  dpmpp_2s: ["DPMSolverSinglestepScheduler"],
  dpmpp_2m: ["DPMSolverMultistepScheduler"],
  dpmpp_2m_sde: ["DPMSolverMultistepScheduler", { algorithm_type: "sde-dpmsolver++" }],
  dpmpp_3m: ["DPMSolverMultistepScheduler", { solver_order: 3 }],
  dpmpp_sde: ["DPMSolverSDEScheduler"],
  unipc: ["UniPCMultistepScheduler"],
  lcm: ["LCMScheduler", { set_alpha_to_one: false }],
  tcd: ["TCDScheduler", { set_alpha_to_one: false }],
};

/** The levels of Stable Diffusion 1 and SDXL, as their scheduler configurations have them. */
const trained = {
  num_train_timesteps: 1000,
  beta_start: 0.00085,
  beta_end: 0.012,
  beta_schedule: "scaled_linear",
  steps_offset: 1,
};

function readScheduler(name: string, base: string, { options, notReproduced }: SettingsDraft): void {
  const id = name.replace(/_k$/, "");
  const row = Object.hasOwn(schedulers, id) ? schedulers[id] : undefined;
  if (row === undefined) {
    notReproduced.push(`scheduler: ${name}`);
  } else if (base === "sd-1" || base === "sdxl") {
    const [_class_name, more] = row;
    const spacing = base === "sdxl" ? { timestep_spacing: "leading" } : {};
    const karras = id === name ? {} : { use_karras_sigmas: true };
    options.scheduler = { _class_name, ...trained, ...spacing, ...more, ...karras };
  } else {
    // What other models predict is for their own configuration to say.
    Object.assign(options, invokeaiSampler(name));
  }
}

/** Version 2: the settings of the picture under "image", with the negative prompt in square brackets. */
function readVersion2(json: Json, draft: SettingsDraft): boolean {
  const { image } = json;
  if (!isRecord(image)) return false;
  const { options, notReproduced } = draft;
  const first: unknown = Array.isArray(image.prompt) ? image.prompt[0] : image.prompt;
  readBracketed(String(isRecord(first) ? first.prompt : (first ?? "")), draft);
  if (Array.isArray(image.prompt) && image.prompt.length > 1) notReproduced.push("all but the first of its prompts");
  const { steps, cfg_scale, width, height, seed, sampler, strength } = image;
  for (const [name, value] of Object.entries({ steps, guidanceScale: cfg_scale, width, height, seed }))
    if (value !== undefined && value !== null) options[name] = numberIn(value);
  if (sampler !== undefined) readSampler(String(sampler), draft);
  if (image.seamless === true) options.tiling = "xy";
  if (image.type === "img2img") {
    draft.init = "a picture";
    if (strength !== undefined && strength !== null) options.strength = numberIn(strength);
  }
  for (const name of ["threshold", "perlin", "hires_fix", "variations", "postprocessing", "facetool", "upscale"])
    if (!unsaid(image[name])) notReproduced.push(`${name}: ${JSON.stringify(image[name])}`);
  const name = json.model_weights ?? json.model_id;
  if (typeof name === "string")
    draft.model = { name, ...(typeof json.model_hash === "string" && { hash: json.model_hash.slice(0, 10) }) };
  return true;
}

function readBracketed(prompt: string, { options }: SettingsDraft): void {
  const negative = [...prompt.matchAll(/\[([^\][]*)\]/g)].map(([, words]) => words);
  options.prompt = prompt.replace(/\[[^\][]*\]/g, "").trim();
  if (negative.length > 0) options.negativePrompt = negative.join(" ");
}

function readSampler(name: string, { options, notReproduced }: SettingsDraft): void {
  const found = invokeaiSampler(name);
  if (found.sampler === undefined) notReproduced.push(`sampler: ${name}`);
  Object.assign(options, found);
}

/** `"a prompt" -s 50 -S 42 -W 512 -H 512 -C 7.5 -A k_lms`. */
function readCommand(text: string): FoundSettings | undefined {
  const [whole, quoted] = /^\s*"((?:\\.|[^\\"])*)"/.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const draft = emptyDraft();
  const { options, notReproduced } = draft;
  options.compat = "diffusers";
  readBracketed(quoted.replace(/\\(.)/g, "$1"), draft);
  const numbers: Readonly<Record<string, string>> = {
    s: "steps",
    S: "seed",
    W: "width",
    H: "height",
    C: "guidanceScale",
    f: "strength",
    v: "variationStrength",
  };
  for (const [flag, letter, value] of text.slice(whole.length).matchAll(/-(\w)\s*([^\s-]\S*|-?\d\S*)?/g)) {
    if (Object.hasOwn(numbers, letter)) options[numbers[letter]] = numberIn(value);
    else if (letter === "A" && value !== undefined) readSampler(value, draft);
    else if (letter === "I") draft.init = `the picture "${value}"`;
    else notReproduced.push(flag.trim());
  }
  if (draft.init === undefined) delete options.strength;
  return settingsOf("InvokeAI", draft);
}
