// The text encoder names of open_clip, as SD 2 and SDXL files hold them. Its fused query/key/value projection is
// three row slices of one matrix, and its text projection is the transpose of the published one.

import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { own } from "../own.ts";
import { rows, transposed } from "../views.ts";

/** Original → published name of what lies outside the layers. */
export const openClipTopNames: Readonly<Record<string, string>> = {
  positional_embedding: "text_model.embeddings.position_embedding.weight",
  "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
  "ln_final.weight": "text_model.final_layer_norm.weight",
  "ln_final.bias": "text_model.final_layer_norm.bias",
  "text_projection.weight": "text_projection.weight",
};
/** Original → published path of a layer's modules, its projection of queries, keys and values aside. */
export const openClipLayerModules: Readonly<Record<string, string>> = {
  ln_1: "layer_norm1",
  ln_2: "layer_norm2",
  "mlp.c_fc": "mlp.fc1",
  "mlp.c_proj": "mlp.fc2",
  "attn.out_proj": "self_attn.out_proj",
};

/** True when `names` are those of open_clip's text encoder. */
export function isOpenClip(names: Iterable<string>): boolean {
  for (const name of names) if (/^(positional_embedding$|transformer\.resblocks\.)/.test(name)) return true;
  return false;
}

/** Published name → tensor, for the tensor `name` of open_clip; empty when the name is not one of its text encoder. */
export function fromOpenClip(name: string, stored: StoredTensor): StoredTensors {
  const top = own(openClipTopNames, name);
  if (top !== undefined) return new Map([[top, stored]]);
  if (name === "text_projection") return new Map([["text_projection.weight", transposed(stored)]]);
  const layer = /^transformer\.resblocks\.(\d+)\.(.+?)[._](weight|bias)$/.exec(name);
  if (layer === null) return new Map();
  const [, index, module, kind] = layer;
  const path = `text_model.encoder.layers.${index}`;
  if (module === "attn.in_proj") {
    const count = stored.dims[0] / 3;
    return new Map(
      ["q_proj", "k_proj", "v_proj"].map((projection, i) => [
        `${path}.self_attn.${projection}.${kind}`,
        rows(stored, { start: i * count, count }),
      ]),
    );
  }
  const renamed = own(openClipLayerModules, module);
  return renamed === undefined ? new Map() : new Map([[`${path}.${renamed}.${kind}`, stored]]);
}
