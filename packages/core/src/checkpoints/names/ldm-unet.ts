// The UNet names of the original code (CompVis latent-diffusion and Stability's SGM): input_blocks, middle_block and
// output_blocks are flat lists of layers. Which diffusers block a layer belongs to follows from walking the lists:
// each downsampling (or upsampling) layer ends a level. So any depth, width and attention placement is understood.

import { own } from "../own.ts";

type Layer = "resnet" | "attention" | "downsample" | "upsample";

/** The kind of a layer, by the first word below it. */
const layerOfChild: Readonly<Record<string, Layer>> = {
  in_layers: "resnet",
  emb_layers: "resnet",
  out_layers: "resnet",
  skip_connection: "resnet",
  norm: "attention",
  proj_in: "attention",
  transformer_blocks: "attention",
  proj_out: "attention",
  op: "downsample",
  conv: "upsample",
};

/** Children of a layer that are called otherwise in diffusers; the children of an attention keep their names. */
const childNames: Readonly<Record<Layer, Readonly<Record<string, string>>>> = {
  resnet: {
    "in_layers.0": "norm1",
    "in_layers.2": "conv1",
    "emb_layers.1": "time_emb_proj",
    "out_layers.0": "norm2",
    "out_layers.3": "conv2",
    skip_connection: "conv_shortcut",
  },
  attention: { norm: "norm", proj_in: "proj_in", transformer_blocks: "transformer_blocks", proj_out: "proj_out" },
  downsample: { op: "conv" },
  upsample: { conv: "conv" },
};

const topModules: Readonly<Record<string, string>> = {
  "time_embed.0": "time_embedding.linear_1",
  "time_embed.2": "time_embedding.linear_2",
  "input_blocks.0.0": "conv_in",
  "out.0": "conv_norm_out",
  "out.2": "conv_out",
};

/** What the label embedding conditions on: a class or noise level, or (SDXL) sizes and the pooled text. */
export type LabelEmbedding = "class_embedding" | "add_embedding";

/** True when `names` (without "model.diffusion_model.") are those of the original UNet code. */
export function isLdmUnet(names: Iterable<string>): boolean {
  for (const name of names) if (name.startsWith("input_blocks.")) return true;
  return false;
}

/** Original module path → published module path, for every module found in `names`. */
export function ldmUnetModules(names: Iterable<string>, labelEmbedding: LabelEmbedding): Map<string, string> {
  const modules = new Map(Object.entries(topModules));
  modules.set("label_emb.0.0", `${labelEmbedding}.linear_1`);
  modules.set("label_emb.0.2", `${labelEmbedding}.linear_2`);
  modules.set("label_emb", "class_embedding"); // an embedding table: label_emb.weight

  const layers = findLayers(names);
  for (const [list, target] of [
    ["input_blocks", "down_blocks."],
    ["middle_block", "mid_block"],
    ["output_blocks", "up_blocks."],
  ]) {
    let level = 0;
    let resnets = 0; // of this level, so far
    for (const { path, kind } of layers.get(list) ?? []) {
      const block = list === "middle_block" ? target : target + level;
      // An attention layer follows its resnet and shares its number; in the middle it stands between two.
      const place =
        kind === "resnet" ? `resnets.${resnets++}` : kind === "attention" ? `attentions.${resnets - 1}` : `${kind}rs.0`;
      for (const [child, name] of Object.entries(childNames[kind]))
        modules.set(`${path}.${child}`, `${block}.${place}.${name}`);
      if (kind === "downsample" || kind === "upsample") {
        level++;
        resnets = 0;
      }
    }
  }
  return modules;
}

/** The layers of each of the three lists, in order. */
function findLayers(names: Iterable<string>): Map<string, { path: string; kind: Layer }[]> {
  const kinds = new Map<string, Layer>();
  for (const name of names) {
    const match = /^((?:input_blocks|output_blocks)\.\d+\.\d+|middle_block\.\d+)\.([a-z_]+)/.exec(name);
    const kind = match === null ? undefined : own(layerOfChild, match[2]);
    if (match !== null && kind !== undefined) kinds.set(match[1], kind);
  }
  const order = (path: string) => path.split(".").slice(1).map(Number);
  const lists = new Map<string, { path: string; kind: Layer }[]>();
  for (const [path, kind] of kinds) {
    const list = path.slice(0, path.indexOf("."));
    lists.set(list, [...(lists.get(list) ?? []), { path, kind }]);
  }
  for (const list of lists.values()) {
    list.sort((a, b) => {
      const [aBlock, aLayer = 0] = order(a.path);
      const [bBlock, bLayer = 0] = order(b.path);
      return aBlock - bBlock || aLayer - bLayer;
    });
  }
  return lists;
}
