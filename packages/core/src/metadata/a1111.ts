// AUTOMATIC1111's infotext as options. Programs after it (Forge, SD.Next, stable-diffusion.cpp, Civitai) write the same text
// with fields of their own; those without a row here are told, not taken.

import { parseInfotext } from "../image/infotext.ts";
import { compatModes } from "../pipelines/compat.ts";
import { hiresUpscalers } from "../pipelines/hires-upscalers.ts";
import type { HiresUpscaler } from "../pipelines/hires-upscalers.ts";
import type { GenerateOptions } from "../pipelines/options.ts";
import { networkTags } from "../prompts/network-tags.ts";
import { placed } from "../prompts/placed-text.ts";
import { readControlField } from "./control-fields.ts";
import { emptyDraft, numberIn, settingsOf, sizeIn } from "./found-settings.ts";
import type { FoundModel, FoundSettings, SettingsDraft } from "./found-settings.ts";
import { readLoraHashes } from "./lora-fields.ts";
import { a1111Sampler, a1111Schedule } from "./names.ts";

type Fields = Readonly<Record<string, string>>;

/** Takes a field into the draft, or says false: then it is told as it stands. */
type FieldReader = (value: string, draft: SettingsDraft, fields: Fields) => void | false;

/** The settings in an infotext; undefined when it has no fields, and so is only a text. */
export function readInfotext(text: string): FoundSettings | undefined {
  const { prompt, negativePrompt, fields } = parseInfotext(text.replaceAll("\r\n", "\n"));
  if (Object.keys(fields).length === 0) return undefined;
  const draft = emptyDraft();
  const version = fields.Version ?? "";
  const isOurs = version.startsWith("noisette");
  const tagged = networkTags(placed(prompt));
  draft.networks.push(...tagged.networks.map(({ start, end }) => prompt.slice(start, end)));
  draft.options = {
    ...(isOurs ? { dynamicPrompts: "off" } : { compat: "a1111" }),
    prompt: tagged.text.text,
    ...(negativePrompt !== "" && { negativePrompt }),
  };
  for (const [name, value] of Object.entries(fields)) {
    if (silentFields.has(name)) continue;
    const reader = Object.hasOwn(fieldReaders, name)
      ? fieldReaders[name]
      : /^ControlNet \d+$/i.test(name)
        ? controlReader
        : undefined;
    if (reader === undefined || reader(value, draft, fields) === false) draft.notReproduced.push(`${name}: ${value}`);
  }
  if (maskFields.some((name) => fields[name] !== undefined)) draft.mask = "a mask";
  if (draft.mask !== undefined) draft.init ??= "a picture";
  // Its first way to bring a picture to the size, and the only one over a part.
  if (draft.init !== undefined && draft.options.maskArea !== "masked" && !isOurs) draft.options.fit = "stretch";
  if (!isOurs) draft.options.schedule ??= scheduleBefore19(draft.options as Pick<GenerateOptions, "sampler">, fields);
  return settingsOf(softwareOf(fields), draft);
}

/**
 * Before 1.9, when schedules became a field of their own, a sampler without Karras or the like in its name had plain
 * levels; since then one without a schedule has its usual ones.
 */
function scheduleBefore19({ sampler }: Pick<GenerateOptions, "sampler">, fields: Fields): "normal" | undefined {
  if (sampler === undefined || sampler === "restart" || fields["Schedule type"] !== undefined) return undefined;
  const [, major, minor] = /(?:^|v)(\d+)\.(\d+)/.exec(fields.Version ?? "") ?? [];
  const hasField = major !== undefined && (Number(major) > 1 || Number(minor) >= 9);
  return hasField || compatModes.a1111({ prompt: "", sampler }).schedule === undefined ? undefined : "normal";
}

function softwareOf({ Version = "", App }: Fields): string {
  if (App !== undefined) return App;
  if (/^f\d/.test(Version)) return "Forge";
  return /^[a-z]{3}/i.test(Version) ? Version : `AUTOMATIC1111 ${Version}`.trim();
}

/** Fields that say nothing about how to make the picture, or that another one's reader looks at. */
const silentFields = new Set([
  "Version",
  "App",
  "User",
  "Created Date",
  "Civitai resources",
  "Civitai metadata",
  "Hashes",
  "TI hashes",
  "Hypernet hash",
  "Hypernet strength",
  "Init image hash",
  "Batch size",
  "Batch pos",
  "VAE hash",
  "Template",
  "Negative Template",
  "Wildcard prompt",
  "Wildcard negative prompt",
  "Refiner switch by sampling steps",
  "First pass size",
]);

const maskFields = ["Mask blur", "Inpaint area", "Masked area padding", "Masked content", "Mask mode"];

const option =
  (name: string): FieldReader =>
  (value, { options }) => {
    options[name] = value;
  };
const number =
  (name: string): FieldReader =>
  (value, { options }) => {
    options[name] = numberIn(value);
  };
/** A switch that is written only where it is on. */
const flag =
  (values: Readonly<Record<string, unknown>>): FieldReader =>
  (value, { options }) => {
    if (value !== "True" && value !== "true") return value === "False" || value === "false" ? undefined : false;
    Object.assign(options, values);
  };
const choice =
  (name: string, values: Readonly<Record<string, unknown>>): FieldReader =>
  (value, { options }) => {
    if (!Object.hasOwn(values, value)) return false;
    options[name] = values[value];
  };
const size =
  (take: (options: SettingsDraft["options"], wide: number, high: number) => void): FieldReader =>
  (value, { options }) => {
    const found = sizeIn(value);
    if (found === undefined) return /^-?\d+x-?\d+$/.test(value) ? undefined : false;
    if (found[0] > 0 && found[1] > 0) take(options, ...found);
  };

const fieldReaders: Readonly<Record<string, FieldReader>> = {
  Steps: number("steps"),
  Sampler(value, { options }) {
    const { sampler, schedule } = a1111Sampler(value);
    if (sampler === undefined) return false;
    options.sampler = sampler;
    if (schedule !== undefined) options.schedule ??= schedule;
    return undefined;
  },
  "Schedule type": scheduleReader("schedule"),
  Schedule: scheduleReader("schedule"),
  "CFG scale": number("guidanceScale"),
  "Image CFG scale": number("imageGuidanceScale"),
  "CFG Rescale": number("guidanceRescale"),
  Seed: number("seed"),
  Size: size((options, width, height) => Object.assign(options, { width, height })),
  Model: (name, draft) => void (draft.model = { ...draft.model, name }),
  "Model hash": (hash, draft) => void (draft.model = { ...draft.model, hash }),
  VAE: (value) => (/^(None|Automatic)$/i.test(value) ? undefined : false),
  "Variation seed": number("variationSeed"),
  "Variation seed strength": number("variationStrength"),
  "Seed resize from": size((options, width, height) => void (options.seedResizeFrom = [width, height])),
  "Denoising strength"(value, draft, fields) {
    const isHires = Object.keys(fields).some((name) => /^(Hires |First pass size)/.test(name));
    draft.options[isHires ? "hiresStrength" : "strength"] = numberIn(value);
    if (!isHires) draft.init = "a picture";
  },
  "Lora hashes": (value, draft) => void (draft.loraHashes = readLoraHashes(value)),
  "Clip skip": number("clipSkip"),
  ENSD: number("noiseSeedDelta"),
  Eta: number("eta"),
  RNG: choice("rng", { CPU: "cpu", cpu: "cpu", GPU: "philox", NV: "philox", cuda: "philox", std_default: undefined }),
  Emphasis: choice("emphasis", {
    Original: "original",
    "No norm": "no-norm",
    Ignore: "ignore",
    None: "none",
    ComfyUI: "comfyui",
  }),
  "Pad conds": flag({ padNegative: true }),
  "SGM noise multiplier": flag({ initialNoise: "sgm" }),
  "Discard penultimate sigma": flag({ discardPenultimate: "on" }),
  Tiling: flag({ tiling: "xy" }),
  NGMS: number("alternateGuidanceBelow"),
  "Skip Early CFG": (value, { options }) => void (options.guidanceSteps = [numberIn(value), 1]),
  "Dynamic thresholding enabled": flag({ guidanceMethod: "dynamic_thresholding" }),
  "Mimic scale": number("mimicScale"),
  "Threshold percentile": (value, { options }) => void (options.thresholdPercentile = numberIn(value) / 100),
  "Mask blur": number("maskBlur"),
  "Inpaint area": choice("maskArea", { "Only masked": "masked", "Whole picture": "whole" }),
  "Masked area padding": number("maskPadding"),
  "Masked content": choice("fill", {
    fill: "fill",
    original: "original",
    "latent noise": "noise",
    "latent nothing": "nothing",
  }),
  "Mask mode": choice("maskInvert", { "Inpaint masked": false, "Inpaint not masked": true }),
  "Hires upscale": number("hiresScale"),
  "Hires resize"(value, { options }, fields) {
    const [from, to] = [sizeIn(fields.Size ?? ""), sizeIn(value)];
    if (from === undefined || to === undefined) return false;
    // One side may be 0: it follows the other.
    const scales = [to[0] / from[0], to[1] / from[1]].filter((scale) => scale > 0);
    options.hiresScale = Math.max(...scales);
    return scales.length === 2 && scales[0] !== scales[1] ? false : undefined;
  },
  "Hires steps": (value, { options }) => void (options.hiresSteps = numberIn(value) || undefined),
  "Hires upscaler"(value, { options, notReproduced }) {
    const rows = Object.entries(hiresUpscalers as Readonly<Record<string, HiresUpscaler>>);
    const known = rows.find(([, row]) => row.a1111 === value)?.[0];
    options.hiresUpscaler = known ?? "lanczos";
    if (known === undefined) notReproduced.push(`Hires upscaler: ${value} (lanczos is taken in its place)`);
  },
  "Hires sampler"(value, { options }) {
    if (value === "Use same sampler") return undefined;
    const { sampler, schedule } = a1111Sampler(value);
    if (sampler === undefined) return false;
    options.hiresSampler = sampler;
    options.hiresSchedule ??= schedule;
    return undefined;
  },
  "Hires schedule type": scheduleReader("hiresSchedule"),
  "Hires prompt": option("hiresPrompt"),
  "Hires negative prompt": option("hiresNegativePrompt"),
  "Hires CFG Scale": number("hiresGuidanceScale"),
  // Before hypernetworks were tags in the prompt.
  Hypernet: (name, { networks }, fields) =>
    void networks.push(`<hypernet:${name}:${fields["Hypernet strength"] ?? 1}>`),
  Refiner: (value, draft) => void (draft.refiner = modelIn(value)),
  "Refiner switch at": number("refinerAt"),
};

function scheduleReader(name: string): FieldReader {
  return (value, { options, notReproduced }, fields) => {
    if (/^(Automatic|Use same scheduler)$/i.test(value)) return undefined;
    const schedule = a1111Schedule(value);
    if (schedule === undefined) return false;
    // One name for two tables: the model's family decides, which only the size hints at.
    const [width, height] = sizeIn(fields.Size ?? "") ?? [0, 0];
    const isLarge = schedule === "align_your_steps_sd1_a1111" && width * height > 768 * 768;
    options[name] = isLarge ? "align_your_steps_sdxl_a1111" : schedule;
    if (isLarge) notReproduced.push(`${value}: taken as SDXL's, because of the size`);
    return undefined;
  };
}

const controlReader: FieldReader = (value, draft) => {
  const found = readControlField(value);
  if (found === undefined) return false;
  if (found.control !== undefined) (draft.controls ??= []).push(found.control);
  if (found.ipAdapter !== undefined) (draft.ipAdapters ??= []).push(found.ipAdapter);
  draft.notReproduced.push(...found.notReproduced);
  return undefined;
};

/** "name [hash]". */
function modelIn(value: string): FoundModel {
  const [, name, hash] = /^(.*?)(?: \[([0-9a-f]+)\])?$/s.exec(value)!;
  return { name, ...(hash !== undefined && { hash }) };
}
