// The nodes that graphs may have, in the words of ComfyUI's /object_info: a graph is checked against this table, and clients
// make their menus from it.

import { samplerTable } from "@noisette/core/diffusion/samplers/index";
import { schedules } from "@noisette/core/diffusion/schedules/index";
import type { ScheduleRow } from "@noisette/core/diffusion/schedules/index";

/** Lists that depend on what is installed. */
export type ListName = "checkpoints" | "loras" | "images";

/** The type of an input: another node's output, a value, or one of a list. */
export type InputType = string | readonly string[] | { readonly list: ListName };

/** An input: its type and what its widget is told. */
export type Input = readonly [type: InputType, settings?: Readonly<Record<string, unknown>>];

/** A kind of node. */
export interface NodeKind {
  readonly category: string;
  readonly required: Readonly<Record<string, Input>>;
  readonly optional?: Readonly<Record<string, Input>>;
  readonly output: readonly string[];
  /** It ends a graph. */
  readonly isOutput?: true;
}

const int = (standard: number, min: number, max: number, step = 1): Input => [
  "INT",
  { default: standard, min, max, step },
];
const float = (standard: number, min: number, max: number, step: number): Input => [
  "FLOAT",
  { default: standard, min, max, step },
];
const text: Input = ["STRING", { multiline: true, dynamicPrompts: true }];
const seed: Input = ["INT", { default: 0, min: 0, max: 2 ** 64 - 1, control_after_generate: true }];
const side = (standard: number): Input => int(standard, 16, 16384, 8);

/** ComfyUI's names of the rows, but for those that are nodes of an extension. */
const namesOf = (rows: readonly { readonly names: { readonly comfyui?: string } }[]) =>
  rows.flatMap(({ names }) => names.comfyui ?? []).filter((name) => /^[a-z0-9_]+$/.test(name));

const samplerNames = namesOf(Object.values(samplerTable));
const schedulerNames = namesOf(Object.values(schedules) as ScheduleRow[]);

const sampling = {
  model: ["MODEL"],
  steps: int(20, 1, 10000),
  cfg: float(8, 0, 100, 0.1),
  sampler_name: [samplerNames],
  scheduler: [schedulerNames],
  positive: ["CONDITIONING"],
  negative: ["CONDITIONING"],
  latent_image: ["LATENT"],
} as const satisfies Record<string, Input>;

const latentMethods: Input = [["nearest-exact", "bilinear", "bicubic"]];
const imageMethods: Input = [["nearest-exact", "bicubic", "lanczos"]];
const crop: Input = [["disabled", "center"]];
const onOff: Input = [["enable", "disable"]];

/** The kinds by name. */
export const nodeKinds: Readonly<Record<string, NodeKind>> = {
  CheckpointLoaderSimple: {
    category: "loaders",
    required: { ckpt_name: [{ list: "checkpoints" }] },
    output: ["MODEL", "CLIP", "VAE"],
  },
  LoraLoader: {
    category: "loaders",
    required: {
      model: ["MODEL"],
      clip: ["CLIP"],
      lora_name: [{ list: "loras" }],
      strength_model: float(1, -100, 100, 0.01),
      strength_clip: float(1, -100, 100, 0.01),
    },
    output: ["MODEL", "CLIP"],
  },
  LoraLoaderModelOnly: {
    category: "loaders",
    required: { model: ["MODEL"], lora_name: [{ list: "loras" }], strength_model: float(1, -100, 100, 0.01) },
    output: ["MODEL"],
  },
  CLIPTextEncode: { category: "conditioning", required: { text, clip: ["CLIP"] }, output: ["CONDITIONING"] },
  CLIPTextEncodeSDXL: {
    category: "advanced/conditioning",
    required: {
      clip: ["CLIP"],
      width: int(1024, 0, 16384),
      height: int(1024, 0, 16384),
      crop_w: int(0, 0, 16384),
      crop_h: int(0, 0, 16384),
      target_width: int(1024, 0, 16384),
      target_height: int(1024, 0, 16384),
      text_g: text,
      text_l: text,
    },
    output: ["CONDITIONING"],
  },
  CLIPSetLastLayer: {
    category: "conditioning",
    required: { clip: ["CLIP"], stop_at_clip_layer: int(-1, -24, -1) },
    output: ["CLIP"],
  },
  ConditioningZeroOut: {
    category: "advanced/conditioning",
    required: { conditioning: ["CONDITIONING"] },
    output: ["CONDITIONING"],
  },
  ConditioningAverage: {
    category: "conditioning",
    required: {
      conditioning_to: ["CONDITIONING"],
      conditioning_from: ["CONDITIONING"],
      conditioning_to_strength: float(1, 0, 1, 0.01),
    },
    output: ["CONDITIONING"],
  },
  KSampler: {
    category: "sampling",
    required: { ...sampling, seed, denoise: float(1, 0, 1, 0.01) },
    output: ["LATENT"],
  },
  KSamplerAdvanced: {
    category: "sampling",
    required: {
      ...sampling,
      add_noise: onOff,
      noise_seed: seed,
      start_at_step: int(0, 0, 10000),
      end_at_step: int(10000, 0, 10000),
      return_with_leftover_noise: [["disable", "enable"]],
    },
    output: ["LATENT"],
  },
  EmptyLatentImage: {
    category: "latent",
    required: { width: side(512), height: side(512), batch_size: int(1, 1, 4096) },
    output: ["LATENT"],
  },
  RepeatLatentBatch: {
    category: "latent/batch",
    required: { samples: ["LATENT"], amount: int(1, 1, 64) },
    output: ["LATENT"],
  },
  LatentUpscale: {
    category: "latent",
    required: {
      samples: ["LATENT"],
      upscale_method: latentMethods,
      width: int(512, 0, 16384, 8),
      height: int(512, 0, 16384, 8),
      crop,
    },
    output: ["LATENT"],
  },
  LatentUpscaleBy: {
    category: "latent",
    required: { samples: ["LATENT"], upscale_method: latentMethods, scale_by: float(1.5, 0.01, 8, 0.01) },
    output: ["LATENT"],
  },
  SetLatentNoiseMask: {
    category: "latent/inpaint",
    required: { samples: ["LATENT"], mask: ["MASK"] },
    output: ["LATENT"],
  },
  VAEDecode: { category: "latent", required: { samples: ["LATENT"], vae: ["VAE"] }, output: ["IMAGE"] },
  VAEEncode: { category: "latent", required: { pixels: ["IMAGE"], vae: ["VAE"] }, output: ["LATENT"] },
  VAEEncodeForInpaint: {
    category: "latent/inpaint",
    required: { pixels: ["IMAGE"], vae: ["VAE"], mask: ["MASK"], grow_mask_by: int(6, 0, 64) },
    output: ["LATENT"],
  },
  ImageScale: {
    category: "image/upscaling",
    required: {
      image: ["IMAGE"],
      upscale_method: imageMethods,
      width: int(512, 0, 16384),
      height: int(512, 0, 16384),
      crop,
    },
    output: ["IMAGE"],
  },
  ImageScaleBy: {
    category: "image/upscaling",
    required: { image: ["IMAGE"], upscale_method: imageMethods, scale_by: float(1, 0.01, 8, 0.01) },
    output: ["IMAGE"],
  },
  LoadImage: {
    category: "image",
    required: { image: [{ list: "images" }, { image_upload: true }] },
    output: ["IMAGE", "MASK"],
  },
  LoadImageMask: {
    category: "mask",
    required: { image: [{ list: "images" }, { image_upload: true }], channel: [["alpha", "red", "green", "blue"]] },
    output: ["MASK"],
  },
  SaveImage: {
    category: "image",
    required: { images: ["IMAGE"], filename_prefix: ["STRING", { default: "ComfyUI" }] },
    output: [],
    isOutput: true,
  },
  PreviewImage: { category: "image", required: { images: ["IMAGE"] }, output: [], isOutput: true },
};

/** What is installed. */
export type Lists = Readonly<Record<ListName, readonly string[]>>;

/** The choices of an input; undefined where it is no list. */
export function choicesOf([type]: Input, lists: Lists): readonly string[] | undefined {
  if (typeof type === "string") return undefined;
  return "list" in type ? lists[type.list] : type;
}

/** The entry of /object_info. */
export function nodeInfo(
  name: string,
  { category, required, optional, output, isOutput }: NodeKind,
  lists: Lists,
): object {
  const inputs = (of: Readonly<Record<string, Input>>) =>
    Object.fromEntries(
      Object.entries(of).map(([input, [type, ...settings]]) => [
        input,
        [choicesOf([type], lists) ?? type, ...settings],
      ]),
    );
  return {
    input: { required: inputs(required), ...(optional && { optional: inputs(optional) }) },
    input_order: { required: Object.keys(required), ...(optional && { optional: Object.keys(optional) }) },
    output,
    output_is_list: output.map(() => false),
    output_name: output,
    name,
    display_name: name,
    description: "",
    python_module: "nodes",
    category,
    output_node: isOutput ?? false,
  };
}
