// Folders in diffusers layout: each part with its config.json and weights, model_index.json over them, and the model card.

import { disk, writeFileAtomic } from "#platform";
import { writeSafetensors } from "../../safetensors/write.ts";
import type { WritableTensor } from "../../safetensors/write.ts";
import type { Tensor } from "../../tensor/tensor.ts";

/** A network to save. */
export interface ModelPart {
  /** Its folder within the model's, "" for the model's own. */
  readonly folder: string;
  /** transformers' networks are called "model", diffusers' "diffusion_pytorch_model". */
  readonly weightsName: "model" | "diffusion_pytorch_model";
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: Iterable<readonly [string, WritableTensor]>;
}

/** Writes `part` into the model's folder `path`. Each file appears whole or not at all. */
export async function savePart(path: string, { folder, weightsName, config, tensors }: ModelPart): Promise<void> {
  const place = folder === "" ? path : `${path}/${folder}`;
  await disk!.makeFolder(place);
  // transformers reads no file that does not say which framework it is for.
  await writeSafetensors(`${place}/${weightsName}.safetensors`, tensors, { metadata: { format: "pt" } });
  await saveJson(`${place}/config.json`, config);
}

/** Writes `value` as JSON, indented. */
export const saveJson = (path: string, value: unknown): Promise<void> =>
  saveText(path, `${JSON.stringify(value, null, 2)}\n`);

/** Writes a UTF-8 file. */
export const saveText = (path: string, text: string): Promise<void> =>
  writeFileAtomic(path, [new TextEncoder().encode(text)]);

/** The tensors whose names begin with `prefix`, under what follows it. */
export const tensorsBelow = (tensors: ReadonlyMap<string, Tensor>, prefix: string): Map<string, Tensor> =>
  new Map(
    [...tensors].flatMap(([name, tensor]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), tensor]] : [])),
  );
