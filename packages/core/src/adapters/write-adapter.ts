// Writes LoRAs as other programs read them: kohya's names (A1111, ComfyUI and their relatives) or PEFT's (diffusers).

import type { ModelFamily } from "../checkpoints/checkpoint.ts";
import { withinRange } from "../checkpoints/save/stored-copies.ts";
import type { WeightType } from "../checkpoints/save/stored-copies.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { WritableTensor } from "../safetensors/write.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { AdapterComponent } from "./adapter.ts";
import type { LowRankFactors } from "./forms/index.ts";
import { flattened } from "./names/dialects.ts";
import { ldmPaths } from "./names/model-modules.ts";
import type { AdaptedNetworks } from "./names/model-modules.ts";

/** Whose names. */
export type AdapterNaming = "kohya" | "peft";

/** The change of one weight: published path of the module ("mid_block.attentions.0.proj_in") and factors. */
export interface LoraModule {
  readonly component: AdapterComponent;
  readonly path: string;
  readonly factors: LowRankFactors;
}

/** The model that a LoRA is for: how its modules are called depends on it. */
export interface NamedModel {
  readonly family: ModelFamily;
  readonly networks: AdaptedNetworks;
}

/** How to write a LoRA. */
export interface WriteLoraOptions {
  /** "kohya" by default. */
  readonly naming?: AdapterNaming;
  /** "F16" by default, as trainers write them. */
  readonly type?: WeightType;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Writes `modules` of a LoRA for `model` to the safetensors file `path`, whole or not at all. */
export async function writeLora(
  path: string,
  modules: readonly LoraModule[],
  { model, naming = "kohya", type = "F16", metadata = {} }: WriteLoraOptions & { readonly model: NamedModel },
): Promise<void> {
  const nameOf = namings[naming](model);
  const named = modules.map(({ component, path, factors }) => ({ path: nameOf(component, path), factors }));
  await writeLoraFile(path, named, { naming, type, metadata: { ...loraMetadata(named, model.family), ...metadata } });
}

/** Writes factors under names that files already have. */
export async function writeLoraFile(
  path: string,
  modules: readonly { readonly path: string; readonly factors: LowRankFactors }[],
  { naming = "kohya", type = "F16", metadata }: WriteLoraOptions = {},
): Promise<void> {
  const tensors = modules.flatMap(({ path, factors }) => loraTensors(path, factors, { naming, type }));
  const kept = Object.entries(metadata ?? {}).filter(([key]) => !ofOldValues.has(key));
  await writeSafetensors(path, tensors, { metadata: { ...Object.fromEntries(kept), format: "pt" } });
}

/** What metadata says of the values that were there before: hashes, and PEFT's alphas, which are in the factors now. */
const ofOldValues = new Set(["sshs_model_hash", "sshs_legacy_hash", "modelspec.hash_sha256", "lora_adapter_metadata"]);

/** kohya keeps alpha = scale · rank beside the factors; PEFT's files have no alpha, so there the scale is in `up`. */
function loraTensors(
  path: string,
  { down, up, scale }: LowRankFactors,
  { naming, type }: { naming: AdapterNaming; type: WeightType },
): [string, WritableTensor][] {
  const written = (ending: string, { dims, data }: Tensor): [string, WritableTensor] => {
    const name = `${path}.${ending}`;
    return [name, { dims, type, data: withinRange(name, data, type) }];
  };
  if (naming === "peft") {
    const scaled = scale === 1 ? up.data : up.data.map((value) => value * scale);
    return [written("lora_A.weight", down), written("lora_B.weight", { dims: up.dims, data: scaled })];
  }
  const alpha = tensor([], Float32Array.of(scale * down.dims[0]));
  return [written("lora_down.weight", down), written("lora_up.weight", up), written("alpha", alpha)];
}

type NameOf = (component: AdapterComponent, path: string) => string;

const namings: Readonly<Record<AdapterNaming, (model: NamedModel) => NameOf>> = {
  peft: () => (component, path) => `${peftNames[component]}.${path}`,
  kohya({ family, networks }) {
    const hasTwo = networks.textEncoder !== undefined && networks.textEncoder2 !== undefined;
    const prefixes = {
      unet: "lora_unet_",
      textEncoder: hasTwo ? "lora_te1_" : "lora_te_",
      textEncoder2: "lora_te2_",
    };
    // kohya's trainer has SDXL's UNet under the original names, those of SD 1 and 2 under diffusers'.
    const original = family.startsWith("sdxl") ? ldmPaths(networks.unet?.tensors ?? new Map()) : () => undefined;
    return (component, path) =>
      prefixes[component] + flattened((component === "unet" ? original(path) : undefined) ?? path);
  },
};

const peftNames: Readonly<Record<AdapterComponent, string>> = {
  unet: "unet",
  textEncoder: "text_encoder",
  textEncoder2: "text_encoder_2",
};

/** kohya's names of base models. */
const baseVersions: Readonly<Record<ModelFamily, string>> = {
  sd1: "sd_v1",
  sd2: "sd_v2",
  sdxl: "sdxl_base_v1-0",
  "sdxl-refiner": "sdxl_base_v1-0",
};

/** What programs show of a LoRA: rank, alpha and base, in kohya's keys. Ranks that differ are "Dynamic", as there. */
function loraMetadata(
  modules: readonly { readonly factors: LowRankFactors }[],
  family: ModelFamily,
): Record<string, string> {
  const one = (values: readonly number[]) => (new Set(values).size === 1 ? String(values[0]) : "Dynamic");
  return {
    ss_network_module: "networks.lora",
    ss_network_dim: one(modules.map(({ factors }) => factors.down.dims[0])),
    ss_network_alpha: one(modules.map(({ factors }) => factors.scale * factors.down.dims[0])),
    ss_base_model_version: baseVersions[family],
  };
}
