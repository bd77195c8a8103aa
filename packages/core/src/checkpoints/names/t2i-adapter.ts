// T2I-Adapters' names: those of the original code (TencentARC's T2I-Adapter) → diffusers'.

import type { StoredTensor, StoredTensors } from "../../tensor/stored.ts";
import { childCount } from "./children.ts";

/** The tensors under published names. */
export function publishedT2iAdapter(stored: StoredTensors): StoredTensors {
  const plain = new Map([...stored].map(([name, tensor]) => [name.replace(/^adapter\./, ""), tensor]));
  const rename = renaming(plain);
  return new Map([...plain].map(([name, tensor]): [string, StoredTensor] => [`adapter.${rename(name)}`, tensor]));
}

function renaming(stored: StoredTensors): (name: string) => string {
  const names = [...stored.keys()];
  // The small one's blocks: body.1.body.0.block1.
  if (names.some((name) => name.startsWith("body.0.body.")))
    return (name) => name.replace(/^(body\.\d+)\.body\./, "$1.resnets.");
  if (!names.some((name) => /^body\.\d+\.block1\./.test(name))) return (name) => name;
  // One flat list of all levels' blocks. The first that brings another width begins the second level; there are four.
  const widening = names
    .flatMap((name) => /^body\.(\d+)\.in_conv\./.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((block) => block > 0);
  const perLevel = widening.length > 0 ? Math.min(...widening) : childCount(names, "body") / 4;
  return (name) =>
    name.replace(/^body\.(\d+)\.(in_conv|block\d)/, (_, block: string, layer: string) => {
      const [level, resnet] = [Math.floor(Number(block) / perLevel), Number(block) % perLevel];
      return layer === "in_conv" ? `body.${level}.in_conv` : `body.${level}.resnets.${resnet}.${layer}`;
    });
}
