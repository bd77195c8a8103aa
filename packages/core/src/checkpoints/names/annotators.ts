// Annotators that are networks, as people have them: which architecture a file is and its sizes, read from names and shapes.

import type { HedConfig } from "../../models/hed.ts";
import type { LineDrawingConfig } from "../../models/line-drawing.ts";
import type { StoredTensors } from "../../tensor/stored.ts";
import { childCount } from "./children.ts";

/** An annotator's architecture and sizes. */
export type AnnotatorConfig = HedConfig | LineDrawingConfig;

/** The annotator that `tensors` are. Throws Error that says what is missing or strange. */
export function annotatorOf(tensors: StoredTensors, source: string): AnnotatorConfig {
  const cannotLoad = (problem: string) =>
    new Error(
      `Cannot load "${source}": ${problem} (ControlNet's HED or lineart network is wanted: ControlNetHED.pth, sk_model.pth)`,
    );
  const outputs = (name: string): number => {
    const found = tensors.get(name);
    if (found === undefined) throw cannotLoad(`it has no "${name}"`);
    if (found.dims.length !== 4) throw cannotLoad(`"${name}" is [${found.dims}]`);
    return found.dims[0];
  };
  if (tensors.has("block1.convs.0.weight")) {
    const stages: HedConfig["stages"][number][] = [];
    for (let i = 1; tensors.has(`block${i}.convs.0.weight`); i++)
      stages.push({
        features: outputs(`block${i}.convs.0.weight`),
        convolutions: childCount(tensors.keys(), `block${i}.convs`),
      });
    return { kind: "hed", stages };
  }
  return {
    kind: "line-drawing",
    features: outputs("model0.1.weight"),
    blocks: childCount(tensors.keys(), "model2"),
  };
}
