// The first part of an adapter's tensor names: which network a module belongs to, and what its path becomes when the
// spellings of older programs are made today's. All of it is data; whether a module exists, the model's own names say.

import type { AdapterComponent } from "../adapter.ts";

const all: readonly AdapterComponent[] = ["unet", "textEncoder", "textEncoder2"];

/** How programs say which network a module is of. The first prefix that fits counts. */
const prefixes: readonly { readonly prefix: string; readonly components: readonly AdapterComponent[] }[] = [
  { prefix: "lora_unet_", components: ["unet"] }, // kohya
  { prefix: "lora_te1_", components: ["textEncoder"] },
  { prefix: "lora_te2_", components: ["textEncoder2"] },
  { prefix: "lora_te_", components: ["textEncoder"] },
  { prefix: "lycoris_", components: all }, // LyCORIS around a network of its own
  { prefix: "unet.", components: ["unet"] }, // diffusers
  { prefix: "text_encoder_2.", components: ["textEncoder2"] },
  { prefix: "text_encoder.", components: ["textEncoder"] },
  { prefix: "model.diffusion_model.", components: ["unet"] }, // names of single files
  { prefix: "diffusion_model.", components: ["unet"] }, // ComfyUI
  { prefix: "clip_l.transformer.", components: ["textEncoder"] },
  { prefix: "clip_g.transformer.", components: ["textEncoder2"] },
  { prefix: "clip_l.", components: ["textEncoder"] }, // OneTrainer
  { prefix: "clip_g.", components: ["textEncoder2"] },
  { prefix: "", components: all },
];

/** Older spellings inside a path, each rewritten in turn. */
const rewrites: readonly (readonly [RegExp, string])[] = [
  [/^base_model\.model\./, ""], // PEFT's wrapper
  [/^text_encoders\./, ""], // ComfyUI
  [/\.processor\./, "."], // diffusers' attention processors: attn1.processor.to_q_lora
  [/\.to_out$/, ".to_out.0"],
  [/\.self_attn\.to_([qkv])$/, ".self_attn.$1_proj"],
  [/\.self_attn\.to_out\.0$/, ".self_attn.out_proj"],
];

/** A path with all its separators alike, as kohya's files have them. */
export const flattened = (path: string): string => path.replaceAll(".", "_");

/** What a module's path in a file says: the networks it can be of, and its path there, flattened. */
export function readPath(written: string): { readonly components: readonly AdapterComponent[]; readonly flat: string } {
  const path = rewrites.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), written);
  const { prefix, components } = prefixes.find(({ prefix }) => path.startsWith(prefix))!;
  return { components, flat: flattened(path.slice(prefix.length)) };
}
