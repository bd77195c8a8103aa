// Several LoRAs as one: Σ weight·LoRA, exactly with the ranks added up, or cut to a smaller rank. One LoRA alone is resized
// that way. No model is needed where the files call the modules alike.

import { grouped } from "../util/grouped.ts";
import type { Adapter, AdapterFile, FileModule } from "./adapter.ts";
import { lowRankFactors } from "./forms/index.ts";
import type { Form, LowRankFactors } from "./forms/index.ts";
import { cutFactors, joinedFactors } from "./low-rank.ts";
import type { CutFactors, CutOptions } from "./low-rank.ts";
import { readForm } from "./match-adapter.ts";
import { readPath } from "./names/dialects.ts";
import type { AdapterNaming } from "./write-adapter.ts";

/** A module of one LoRA, with its weight in the sum. */
export interface JoinedPart {
  /** The same for all LoRAs that change the same weight. */
  readonly key: string;
  /** What the module is to be called. */
  readonly path: string;
  readonly source: string;
  readonly weight: number;
  readonly read: () => Promise<Form>;
}

/** A module of the sum. */
export interface JoinedModule extends Pick<JoinedPart, "key" | "path">, Pick<CutFactors, "error"> {
  readonly factors: LowRankFactors;
}

/** How to join. */
export interface JoinOptions {
  /** How far each module is cut; by default not at all. */
  readonly limits?: CutOptions;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
}

/** The sum of `parts`. Throws Error when a part is no LoRA, or when parts of one key are of different shapes. */
export async function joinLoras(
  parts: readonly JoinedPart[],
  { limits, signal, onProgress }: JoinOptions = {},
): Promise<JoinedModule[]> {
  const groups = grouped(parts, ({ key }) => key);
  const joined: JoinedModule[] = [];
  for (const [key, own] of groups) {
    signal?.throwIfAborted();
    onProgress?.({ done: joined.length, total: groups.size });
    const [{ path }] = own;
    const read = await Promise.all(own.map(async (part) => ({ ...part, factors: await readFactors(part) })));
    const [first, ...others] = read.map(({ factors }) => shapeOf(factors));
    const odd = others.findIndex((shape) => shape !== first);
    if (odd >= 0) {
      throw new Error(
        `Cannot join "${own[odd + 1].source}" to "${own[0].source}": "${path}" changes a weight [${others[odd]}] there ([${first}] is wanted: LoRAs for one architecture)`,
      );
    }
    const factors = joinedFactors(read);
    joined.push({ key, path, ...(limits === undefined ? { factors, error: 0 } : cutFactors(factors, limits)) });
  }
  return joined;
}

const shapeOf = ({ down, up }: LowRankFactors): string => `${[up.dims[0], ...down.dims.slice(1)]}`;

async function readFactors({ source, path, read }: JoinedPart): Promise<LowRankFactors> {
  const form = await read();
  const factors = lowRankFactors(form);
  if (factors === undefined) {
    throw new Error(
      `Cannot take factors of "${source}": its "${path}" is ${form.kind} (LoRA is wanted: merge it into a model and extract one)`,
    );
  }
  return factors;
}

/** The modules of `file` by its own names: other files' spellings of the same path count as the same. */
export function partsOfFile(file: AdapterFile, weight = 1): JoinedPart[] {
  return file.modules.map((module) => {
    const { components, flat } = readPath(module.path);
    const key = `${components} ${flat.replace(/^text_model_/, "")} ${module.of}`;
    return { key, path: module.path, source: file.source, weight, read: () => readForm(file.source, module) };
  });
}

/** The modules of an adapter that is matched to a model: keys are the model's own names. */
export function partsOfAdapter({ source, modules }: Adapter, weight = 1): JoinedPart[] {
  return modules.map(({ component, parameter, read }) => ({
    key: `${component} ${parameter}`,
    path: parameter.slice(0, parameter.lastIndexOf(".")),
    source,
    weight,
    read,
  }));
}

/** Whose names a file's are. */
export const namingOf = ({ modules }: AdapterFile): AdapterNaming => (modules.some(hasPeftNames) ? "peft" : "kohya");

const hasPeftNames = ({ tensors }: FileModule) => /\.lora_A\./.test(tensors.get("down")?.name ?? "");

/** Throws Error when files call the UNet's blocks by two conventions: the same module would be there twice. */
export function checkConventions(files: readonly AdapterFile[]): void {
  const isOriginal = ({ path }: FileModule) => /(input_blocks|middle_block|output_blocks)[._]\d/.test(path);
  const isPublished = ({ path }: FileModule) => /(down_blocks|mid_block|up_blocks)[._]/.test(path);
  const [first, second] = [isOriginal, isPublished].map((is) => files.find(({ modules }) => modules.some(is)));
  if (first !== undefined && second !== undefined && first !== second) {
    throw new Error(
      `Cannot join "${first.source}" to "${second.source}": one calls the UNet's blocks as the original code does, the other as diffusers does (the model they are for is wanted)`,
    );
  }
}
