// Which model an adapter was made for, read off its own names and shapes, for messages.

import type { ModelFamily } from "../checkpoints/checkpoint.ts";
import { fileKind } from "../checkpoints/kinds.ts";
import type { AdapterFile, FileModule } from "./adapter.ts";

/** Widths of the text that the UNets of each family attend to. */
const textWidths: Readonly<Record<number, string>> = {
  768: "Stable Diffusion 1",
  1024: "Stable Diffusion 2",
  2048: "SDXL",
  1280: "the SDXL refiner",
};

/** Families as they are called. */
export const familyNames: Readonly<Record<ModelFamily, string>> = {
  sd1: "Stable Diffusion 1",
  sd2: "Stable Diffusion 2",
  sdxl: "SDXL",
  "sdxl-refiner": "the SDXL refiner",
};

/** Names that only adapters of other systems have. */
const otherSystems: readonly (readonly [RegExp, string])[] = [
  [/(^|[._])(double|single)_blocks[._]\d|single_transformer_blocks/, "Flux"],
  [
    /(^|[._])joint_blocks[._]\d|^transformer\.transformer_blocks\.\d+\.(attn|ff_context)/,
    "Stable Diffusion 3 or its kin",
  ],
  [/^lora_prior_|prior_unet/, "Stable Cascade or Kandinsky"],
  [/motion_modules?[._]/, "AnimateDiff"],
  [/(^|[._])blocks[._]\d+[._](cross_attn|self_attn)[._]/, "a video model"],
];

/** In words, what the adapter is for: "SDXL", "a model with text of width 40"; undefined when nothing tells. */
export function architectureOf({ modules, unknown }: AdapterFile): string | undefined {
  const names = [...modules.map(({ path }) => path), ...unknown];
  const other = otherSystems.find(([pattern]) => names.some((name) => pattern.test(name)));
  if (other !== undefined) return other[1];
  const widths = modules.flatMap((module) => textWidth(module) ?? []);
  const width = widths.find((one) => one in textWidths) ?? widths[0];
  if (width !== undefined) return textWidths[width] ?? `a model whose text has width ${width}`;
  if (names.some((name) => /^(lora_te2_|text_encoder_2\.)/.test(name))) return "SDXL";
  const kind = fileKind(unknown);
  return kind?.label;
}

/** The width a module of cross-attention takes: of keys and values from the text. */
function textWidth({ path, form, tensors }: FileModule): number | undefined {
  if (!/attn2[._].*to_[kv](_lora)?$/.test(path)) return undefined;
  const field = { lora: "down", dora: "down", loha: "hada.w1b", full: "difference" }[form as string];
  const dims = field === undefined ? undefined : tensors.get(field)?.dims;
  return dims?.[1];
}
