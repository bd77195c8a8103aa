// The published (diffusers) names → those of the original code, for single files: the other direction of published.ts and
// prefixes.ts. Each network's layout is laid out in original names and asked for their published ones, so that both ways agree.

import type { ModelFamily, NetworkSlot } from "../checkpoint.ts";
import { stackedRows, transposedCopy } from "../save/stored-copies.ts";
import type { TypedTensor } from "../save/stored-copies.ts";
import { childCount, renameModule } from "./children.ts";
import { ldmVaeModules } from "./ldm-vae.ts";
import { openClipLayerModules, openClipTopNames } from "./open-clip.ts";
import { ldmModules } from "./original-unet.ts";

/** Tensors of one network to write, by name. */
export type NamedTensors = ReadonlyMap<string, TypedTensor>;

/** Names of one network, without the prefix. Throws Error on a tensor that the original code has no name for. */
type ToOriginal = (tensors: NamedTensors) => Map<string, TypedTensor>;

const model = "model.diffusion_model.";
const vae = "first_stage_model.";

/** Where each network stands in a single file, and how its text encoders are named there. */
const layouts: Readonly<
  Record<ModelFamily, Partial<Record<NetworkSlot, { readonly prefix: string; readonly names: ToOriginal }>>>
> = {
  sd1: {
    unet: { prefix: model, names: originalUnet },
    vae: { prefix: vae, names: originalVae },
    textEncoder: { prefix: "cond_stage_model.transformer.", names: same },
  },
  sd2: {
    unet: { prefix: model, names: originalUnet },
    vae: { prefix: vae, names: originalVae },
    textEncoder: { prefix: "cond_stage_model.model.", names: openClip },
  },
  sdxl: {
    unet: { prefix: model, names: originalUnet },
    vae: { prefix: vae, names: originalVae },
    textEncoder: { prefix: "conditioner.embedders.0.transformer.", names: same },
    textEncoder2: { prefix: "conditioner.embedders.1.model.", names: openClip },
  },
  "sdxl-refiner": {
    unet: { prefix: model, names: originalUnet },
    vae: { prefix: vae, names: originalVae },
    textEncoder2: { prefix: "conditioner.embedders.0.model.", names: openClip },
  },
};

/** The tensors of the network in `slot` of a model of `family` as a single file names them. Throws Error where it has no name. */
export function originalNetwork(
  slot: NetworkSlot,
  family: ModelFamily,
  tensors: NamedTensors,
): Map<string, TypedTensor> {
  const layout = layouts[family][slot];
  if (layout === undefined) throw new Error(`Cannot name the ${slot}: single files of ${family} have none`);
  return new Map(Array.from(layout.names(tensors), ([name, tensor]) => [layout.prefix + name, tensor]));
}

function same(tensors: NamedTensors): Map<string, TypedTensor> {
  return new Map(tensors);
}

function byModules(tensors: NamedTensors, modules: ReadonlyMap<string, string>): Map<string, TypedTensor> {
  return new Map(
    Array.from(tensors, ([name, tensor]) => {
      const original = renameModule(name, modules);
      if (original === undefined) throw unnamed(name);
      return [original, tensor];
    }),
  );
}

const unnamed = (name: string): Error => new Error(`Cannot name "${name}": the original code has no such parameter`);

function originalUnet(tensors: NamedTensors): Map<string, TypedTensor> {
  return byModules(tensors, ldmModules(tensors.keys()));
}

function originalVae(tensors: NamedTensors): Map<string, TypedTensor> {
  const names = [...tensors.keys()];
  const layers: string[] = [];
  for (const [half, list] of [
    ["encoder", "down"],
    ["decoder", "up"],
  ]) {
    const levels = childCount(names, `${half}.${list}_blocks`);
    for (let level = 0; level < levels; level++) {
      // The decoder counts its levels from the finest.
      const own = half === "encoder" ? level : levels - 1 - level;
      const resnets = childCount(names, `${half}.${list}_blocks.${level}.resnets`);
      for (let i = 0; i < resnets; i++) layers.push(`${half}.${list}.${own}.block.${i}.norm1.weight`);
    }
  }
  const modules = new Map([...ldmVaeModules(layers)].map(([original, published]) => [published, original]));
  const named = byModules(tensors, modules);
  // Published attention is linear [C,C], the original a 1×1 convolution [C,C,1,1]. Same bytes.
  for (const [name, tensor] of named) {
    const isConvolution = /\.attn_\d+\.(q|k|v|proj_out)\.weight$/.test(name) && tensor.dims.length === 2;
    if (isConvolution) named.set(name, { ...tensor, dims: [...tensor.dims, 1, 1] });
  }
  return named;
}

/** open_clip: one matrix of queries, keys and values, and the text projection the other way round. */
function openClip(tensors: NamedTensors): Map<string, TypedTensor> {
  const top = new Map(Object.entries(openClipTopNames).map(([original, published]) => [published, original]));
  const modules = new Map(Object.entries(openClipLayerModules).map(([original, published]) => [published, original]));
  const named = new Map<string, TypedTensor>();
  for (const [name, tensor] of tensors) {
    const [, layer, module, kind] = /^text_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name) ?? [];
    const path = `transformer.resblocks.${layer}`;
    if (name === "text_projection.weight") named.set("text_projection", transposedCopy(tensor));
    else if (top.has(name)) named.set(top.get(name)!, tensor);
    else if (modules.has(module)) named.set(`${path}.${modules.get(module)!}.${kind}`, tensor);
    else if (module === "self_attn.q_proj") {
      const parts = ["q", "k", "v"].map((part) => {
        const own = `text_model.encoder.layers.${layer}.self_attn.${part}_proj.${kind}`;
        const found = tensors.get(own);
        if (found === undefined) throw new Error(`Cannot write "${path}.attn.in_proj_${kind}": "${own}" is missing`);
        return found;
      });
      named.set(`${path}.attn.in_proj_${kind}`, stackedRows(parts));
    } else if (module !== "self_attn.k_proj" && module !== "self_attn.v_proj") throw unnamed(name);
  }
  return named;
}
