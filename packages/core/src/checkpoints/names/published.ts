// Any known naming of a network → the published diffusers names. Tensors stay where they are in their file.

import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import type { NetworkSlot } from "../checkpoint.ts";
import { reshaped } from "../views.ts";
import { renameModule } from "./children.ts";
import { classicClipName, isPositionIds } from "./clip-text.ts";
import { currentVaeName, isLdmVae, ldmVaeModules } from "./ldm-vae.ts";
import { isLdmUnet, type LabelEmbedding, ldmUnetModules } from "./ldm-unet.ts";
import { fromOpenClip, isOpenClip } from "./open-clip.ts";

/** A network under published names, and the names in the file that no rule knows. */
export interface PublishedNetwork {
  readonly tensors: StoredTensors;
  readonly unknown: readonly string[];
}

/** The tensors of the network in `slot`, named without prefix in any known way, under their published names. */
export function publishedNetwork(
  slot: NetworkSlot,
  stored: StoredTensors,
  { labelEmbedding = "class_embedding" }: { labelEmbedding?: LabelEmbedding } = {},
): PublishedNetwork {
  const convert =
    slot === "unet" ? unetRule(stored, labelEmbedding) : slot === "vae" ? vaeRule(stored) : textRule(stored);
  const tensors = new Map<string, StoredTensor>();
  const unknown: string[] = [];
  for (const [name, tensor] of stored) {
    if (isPositionIds(name)) continue;
    const published = convert(name, tensor);
    if (published.size === 0) unknown.push(tensor.name);
    for (const [key, value] of published) tensors.set(key, value);
  }
  return { tensors, unknown };
}

/** Published name → tensor, for one stored tensor; empty when its name is unknown. */
type Rule = (name: string, tensor: StoredTensor) => StoredTensors;

const same: Rule = (name, tensor) => new Map([[name, tensor]]);

function byModule(modules: ReadonlyMap<string, string>): Rule {
  return (name, tensor) => {
    const renamed = renameModule(name, modules);
    return renamed === undefined ? new Map() : new Map([[renamed, tensor]]);
  };
}

function unetRule(stored: StoredTensors, labelEmbedding: LabelEmbedding): Rule {
  return isLdmUnet(stored.keys()) ? byModule(ldmUnetModules(stored.keys(), labelEmbedding)) : same;
}

function vaeRule(stored: StoredTensors): Rule {
  const rename: Rule = isLdmVae(stored.keys())
    ? byModule(ldmVaeModules(stored.keys()))
    : (name, tensor) => new Map([[currentVaeName(name), tensor]]);
  return (name, tensor) => {
    const published = new Map(rename(name, tensor));
    for (const [key, value] of published) {
      // The original attention is a 1×1 convolution [C,C,1,1]; the published one is linear [C,C]. Same bytes.
      const isLinear = /\.attentions\.\d+\.to_(q|k|v|out\.0)\.weight$/.test(key);
      if (isLinear && value.dims.length > 2) published.set(key, reshaped(value, value.dims.slice(0, 2)));
    }
    return published;
  };
}

function textRule(stored: StoredTensors): Rule {
  return isOpenClip(stored.keys()) ? fromOpenClip : (name, tensor) => new Map([[classicClipName(name), tensor]]);
}
