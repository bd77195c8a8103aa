// Reads adapter files: safetensors and torch pickles (nothing in them is run), headers only.

import { readWeights } from "../checkpoints/weights-file.ts";
import type { Weights } from "../safetensors/weights.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { AdapterFile, FileModule } from "./adapter.ts";
import { formOf, forms } from "./forms/index.ts";
import type { FormType } from "./forms/form.ts";
import { readEnding } from "./names/endings.ts";
import { diffusersScales, peftScales } from "./names/peft-config.ts";
import type { PeftScales } from "./names/peft-config.ts";

/** The adapter in the file `path`. Throws Error when there is none in it. */
export async function readAdapter(path: string): Promise<AdapterFile> {
  const weights = await readWeights(path);
  const scales = (await peftScales(path)) ?? diffusersScales(weights.metadata, path);
  return adapterOf(weights, { source: path, scales });
}

/** What an adapter's tensors come with. */
export interface AdapterOrigin {
  /** The file's name, for messages. */
  readonly source: string;
  /** alpha/rank of modules that have no alpha of their own. */
  readonly scales?: PeftScales;
}

/** The adapter that `weights` are. Throws Error when no tensor is part of one. */
export function adapterOf({ tensors, metadata }: Weights, { source, scales }: AdapterOrigin): AdapterFile {
  const parts = new Map<string, { path: string; of: FileModule["of"]; fields: Map<string, StoredTensor> }>();
  const unknown: string[] = [];
  for (const [name, tensor] of tensors) {
    const ending = readEnding(name);
    if (ending === undefined) {
      unknown.push(name);
      continue;
    }
    const { path, of, field } = ending;
    const key = `${path} ${of}`;
    const part = parts.get(key) ?? { path, of, fields: new Map() };
    const twin = part.fields.get(field);
    if (twin !== undefined)
      throw new Error(`Cannot read "${source}": "${twin.name}" and "${name}" are the same part of a module`);
    part.fields.set(field, { ...tensor, name });
    parts.set(key, part);
  }
  const modules: FileModule[] = [];
  for (const { path, of, fields } of parts.values()) {
    const dims = new Map([...fields].map(([field, tensor]) => [field, tensor.dims]));
    const form = formOf(dims);
    if (form === undefined || (of === "bias" && form !== "full")) {
      unknown.push(...[...fields.values()].map(({ name }) => name));
      continue;
    }
    const rank = (forms[form] as FormType<unknown>).rank?.(dims);
    modules.push({
      path,
      of,
      form,
      tensors: fields,
      rank,
      scale: rank === undefined ? undefined : scales?.(path, rank),
    });
  }
  if (modules.length === 0) {
    const names = unknown.slice(0, 3).map((name) => `"${name}"`);
    throw new Error(
      `Cannot read "${source}": it holds no adapter (its tensors are ${names.join(", ") || "none"}${unknown.length > 3 ? ` and ${unknown.length - 3} more` : ""}; LoRA, LoHa, LoKr, DoRA, GLoRA, OFT, IA3 or differences are wanted)`,
    );
  }
  return { source, metadata, modules, unknown };
}
