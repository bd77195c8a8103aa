// png-info: what a picture's file says of itself, and its parameters by A1111's names.

import { parseInfotext } from "@noisette/core/image/infotext";
import { readPictureText } from "@noisette/core/image/picture-file";

/** The answer of png-info. */
export interface PngInfo {
  readonly info: string;
  /** The file's other texts. */
  readonly items: Readonly<Record<string, string>>;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What the file says. */
export function pngInfo(file: Uint8Array): PngInfo {
  const { parameters: info = "", ...items } = readPictureText(file);
  return { info, items, parameters: info === "" ? {} : infotextParameters(info) };
}

/** Fields that A1111 adds where an infotext leaves them out, for its page; the hires ones are those of a single pass. */
const defaults = {
  "Clip skip": "1",
  "Hires resize-1": "0",
  "Hires resize-2": "0",
  "Hires sampler": "Use same sampler",
  "Hires schedule type": "Use same scheduler",
  "Hires checkpoint": "Use same checkpoint",
  "Hires prompt": "",
  "Hires negative prompt": "",
  "Mask mode": "Inpaint masked",
  "Masked content": "original",
  "Inpaint area": "Whole picture",
  "Masked area padding": "32",
} as const;

/** An infotext's prompts and fields; sizes are two fields: "Size-1" and "Size-2". */
function infotextParameters(text: string): Record<string, string> {
  const { prompt, negativePrompt, fields } = parseInfotext(text);
  const given = Object.entries(fields).flatMap(([name, value]): [string, string][] => {
    const [, width, height] = /^(\d+)x(\d+)$/.exec(value) ?? [];
    return width === undefined
      ? [[name, value]]
      : [
          [`${name}-1`, width],
          [`${name}-2`, height],
        ];
  });
  return { Prompt: prompt, "Negative prompt": negativePrompt, ...defaults, ...Object.fromEntries(given) };
}

type Setter = (value: string) => Readonly<Record<string, unknown>>;
const number =
  (name: string): Setter =>
  (value) => ({ [name]: Number(value) });
const string =
  (name: string): Setter =>
  (value) => ({ [name]: value });

/** The fields of txt2img and img2img that an infotext's fields stand for. */
const bodyFields: Readonly<Record<string, Setter>> = {
  Prompt: string("prompt"),
  "Negative prompt": string("negative_prompt"),
  Steps: number("steps"),
  Sampler: string("sampler_name"),
  "Schedule type": string("scheduler"),
  "CFG scale": number("cfg_scale"),
  "Image CFG scale": number("image_cfg_scale"),
  Seed: number("seed"),
  "Size-1": number("width"),
  "Size-2": number("height"),
  "Variation seed": number("subseed"),
  "Variation seed strength": number("subseed_strength"),
  "Seed resize from-1": number("seed_resize_from_w"),
  "Seed resize from-2": number("seed_resize_from_h"),
  "Denoising strength": number("denoising_strength"),
  Eta: number("eta"),
  "Hires upscale": (value) => ({ hr_scale: Number(value), enable_hr: true }),
  "Hires steps": number("hr_second_pass_steps"),
  "Hires upscaler": string("hr_upscaler"),
  "Hires sampler": string("hr_sampler_name"),
  "Hires schedule type": string("hr_scheduler"),
  "Hires prompt": string("hr_prompt"),
  "Hires negative prompt": string("hr_negative_prompt"),
  Refiner: string("refiner_checkpoint"),
  "Refiner switch at": number("refiner_switch_at"),
  Tiling: (value) => ({ tiling: value === "True" }),
  "Mask blur": number("mask_blur"),
};

/** The options that an infotext's fields stand for. */
const optionFields: Readonly<Record<string, Setter>> = {
  "Clip skip": number("CLIP_stop_at_last_layers"),
  ENSD: number("eta_noise_seed_delta"),
  RNG: string("randn_source"),
  Emphasis: string("emphasis"),
  NGMS: number("s_min_uncond"),
};

/** `body` with what its `infotext` says where it leaves a field out. */
export function withInfotext(body: Readonly<Record<string, unknown>>): Record<string, unknown> {
  if (typeof body.infotext !== "string") return { ...body };
  const parameters = infotextParameters(body.infotext);
  const told = Object.keys(parseInfotext(body.infotext).fields);
  const read = (table: Readonly<Record<string, Setter>>) =>
    Object.assign(
      {},
      ...Object.entries(parameters)
        .filter(([name]) => Object.hasOwn(table, name) && (!(name in defaults) || told.includes(name)))
        .map(([name, value]) => table[name](value)),
    ) as Record<string, unknown>;
  const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
  const settings = given.override_settings as object | undefined;
  return { ...read(bodyFields), ...given, override_settings: { ...read(optionFields), ...settings } };
}
