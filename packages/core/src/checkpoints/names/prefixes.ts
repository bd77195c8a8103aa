// Where each network's tensors stand inside a single file: the prefixes of CompVis (SD 1), Stability's v2 and SGM
// code (SD 2, SDXL), and of files that join diffusers state dicts under their component names.

import type { StoredTensor } from "../../tensor/stored.ts";
import type { NetworkSlot } from "../checkpoint.ts";

const prefixes: readonly { readonly prefix: string; readonly slot: NetworkSlot }[] = [
  { prefix: "model.diffusion_model.", slot: "unet" },
  { prefix: "first_stage_model.", slot: "vae" },
  { prefix: "cond_stage_model.transformer.", slot: "textEncoder" }, // SD 1: CLIP-L
  { prefix: "cond_stage_model.model.", slot: "textEncoder" }, // SD 2: OpenCLIP-H
  { prefix: "conditioner.embedders.0.transformer.", slot: "textEncoder" }, // SDXL: CLIP-L
  { prefix: "conditioner.embedders.0.model.", slot: "textEncoder2" }, // SDXL refiner: OpenCLIP-bigG, its only one
  { prefix: "conditioner.embedders.1.model.", slot: "textEncoder2" }, // SDXL: OpenCLIP-bigG
  { prefix: "unet.", slot: "unet" },
  { prefix: "vae.", slot: "vae" },
  { prefix: "text_encoder.", slot: "textEncoder" },
  { prefix: "text_encoder_2.", slot: "textEncoder2" },
];

/** The tensors of one network inside a larger file, without their common prefix. */
export interface Section {
  readonly prefix: string;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** `tensors` split by network, and the names that belong to none. Where two prefixes compete, the first one wins. */
export function splitNetworks(tensors: ReadonlyMap<string, StoredTensor>): {
  sections: ReadonlyMap<NetworkSlot, Section>;
  unused: string[];
} {
  const found = new Map<string, Map<string, StoredTensor>>();
  const unused: string[] = [];
  for (const [name, stored] of tensors) {
    const row = prefixes.find(({ prefix }) => name.startsWith(prefix));
    if (row === undefined) {
      unused.push(name);
      continue;
    }
    const section = found.get(row.prefix) ?? new Map<string, StoredTensor>();
    found.set(row.prefix, section.set(name.slice(row.prefix.length), stored));
  }
  const sections = new Map<NetworkSlot, Section>();
  for (const { prefix, slot } of prefixes) {
    const section = found.get(prefix);
    if (section === undefined) continue;
    if (sections.has(slot)) for (const name of section.keys()) unused.push(prefix + name);
    else sections.set(slot, { prefix, tensors: section });
  }
  return { sections, unused };
}
