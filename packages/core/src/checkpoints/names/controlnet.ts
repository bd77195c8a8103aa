// ControlNets' names: those of the original code (lllyasviel's ControlNet, 1.0 and 1.1), which are a UNet's with a picture's
// way in and zero convolutions beside it → diffusers'.

import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { renameModule } from "./children.ts";
import { isLdmUnet, ldmUnetModules } from "./ldm-unet.ts";

const prefix = "control_model.";

/** The tensors under published names. Of a whole checkpoint with a ControlNet in it only that is taken. */
export function publishedControlNet(stored: StoredTensors): StoredTensors {
  const hasPrefix = [...stored.keys()].some((name) => name.startsWith(prefix));
  const own = hasPrefix
    ? new Map(
        [...stored].flatMap(([name, tensor]) =>
          name.startsWith(prefix) ? [[name.slice(prefix.length), tensor] as const] : [],
        ),
      )
    : stored;
  if (!isLdmUnet(own.keys())) return own;
  const modules = ldmUnetModules(own.keys(), "add_embedding");
  modules.set("middle_block_out.0", "controlnet_mid_block");
  const last = Math.max(...[...own.keys()].map((name) => Number(/^input_hint_block\.(\d+)\./.exec(name)?.[1] ?? 0)));
  for (const name of own.keys()) {
    const [, list, number] = /^(zero_convs|input_hint_block)\.(\d+)\./.exec(name) ?? [];
    if (list === "zero_convs") modules.set(`zero_convs.${number}.0`, `controlnet_down_blocks.${number}`);
    // An activation stands between each two of them.
    if (list === "input_hint_block") modules.set(`input_hint_block.${number}`, hintModule(Number(number), last));
  }
  const published = new Map<string, StoredTensor>();
  for (const [name, tensor] of own) {
    const renamed = renameModule(name, modules);
    if (renamed !== undefined) published.set(renamed, tensor);
  }
  return published;
}

const hintModule = (number: number, last: number): string =>
  `controlnet_cond_embedding.${number === 0 ? "conv_in" : number === last ? "conv_out" : `blocks.${number / 2 - 1}`}`;
