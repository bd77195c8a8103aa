// The UNet's modules under the names of the original code, as single files and adapters trained on them have them: the other
// direction of ldm-unet.ts, found by laying out the original lists and asking that file what they are.

import { childCount, hasChild } from "./children.ts";
import { ldmUnetModules } from "./ldm-unet.ts";

/** Published module path → original module path ("input_blocks.4.1.proj_in"), for a UNet with these published names. */
export function ldmModules(names: Iterable<string>): Map<string, string> {
  const published = [...names];
  const labels = hasChild(published, "add_embedding") ? "add_embedding" : "class_embedding";
  const layout = originalLayers(published);
  return new Map([...ldmUnetModules(layout, labels)].map(([original, own]) => [own, original]));
}

/** One telling name of each layer of the original lists. */
function originalLayers(names: readonly string[]): string[] {
  const layers = ["input_blocks.0.0.weight"];
  const add = (list: string, index: number, telling: readonly string[]) =>
    telling.forEach((name, place) => layers.push(`${list}.${index}.${place}.${name}`));
  const resnet = "in_layers.0.weight";
  const attention = "norm.weight";

  let index = 1;
  for (let level = 0; level < childCount(names, "down_blocks"); level++) {
    const block = `down_blocks.${level}`;
    for (let i = 0; i < childCount(names, `${block}.resnets`); i++)
      add("input_blocks", index++, hasChild(names, `${block}.attentions.${i}`) ? [resnet, attention] : [resnet]);
    if (hasChild(names, `${block}.downsamplers`)) add("input_blocks", index++, ["op.weight"]);
  }
  const middle = hasChild(names, "mid_block.attentions") ? [resnet, attention, resnet] : [resnet, resnet];
  middle.forEach((name, i) => layers.push(`middle_block.${i}.${name}`));
  index = 0;
  for (let level = 0; level < childCount(names, "up_blocks"); level++) {
    const block = `up_blocks.${level}`;
    const resnets = childCount(names, `${block}.resnets`);
    for (let i = 0; i < resnets; i++) {
      const layer = hasChild(names, `${block}.attentions.${i}`) ? [resnet, attention] : [resnet];
      // The upsampling stands at the end of the level's last layer.
      const isLast = i === resnets - 1 && hasChild(names, `${block}.upsamplers`);
      add("output_blocks", index++, isLast ? [...layer, "conv.weight"] : layer);
    }
  }
  return layers;
}
