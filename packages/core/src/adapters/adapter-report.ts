// What an adapter file is, as data: for the command line, the server and bug reports. Alphas are read, other values are not.

import { readTensors } from "../safetensors/read-tensor.ts";
import { grouped } from "../util/grouped.ts";
import type { AdapterFile, FileModule } from "./adapter.ts";
import { adapterHash } from "./adapter-hash.ts";
import { architectureOf } from "./architecture.ts";
import type { FormKind } from "./forms/index.ts";
import { readPath } from "./names/dialects.ts";

/** Modules of one form in one network. */
export interface FormReport {
  readonly form: FormKind;
  /** The network by the names of the file; several where they leave it open. */
  readonly networks: string;
  readonly modules: number;
  /** How many modules have each rank. */
  readonly ranks: Readonly<Record<string, number>>;
  /** How many modules have each alpha/rank; "1" stands for those without alpha. */
  readonly scales: Readonly<Record<string, number>>;
}

/** What a trainer's metadata says, in its own words. */
export interface TrainingReport {
  readonly baseModel?: string;
  readonly steps?: string;
  readonly epochs?: string;
  readonly resolution?: string;
  readonly learningRate?: string;
  readonly outputName?: string;
  /** The words most captions had, with their counts. */
  readonly tags: readonly (readonly [tag: string, count: number])[];
}

/** Everything that can be said about an adapter file without its model. */
export interface AdapterReport {
  readonly source: string;
  /** A1111's hash. */
  readonly hash: string;
  /** What it is for, where that can be told. */
  readonly architecture?: string;
  readonly forms: readonly FormReport[];
  readonly training: TrainingReport;
  readonly metadata: Readonly<Record<string, string>>;
  /** Tensors of no known form. */
  readonly unknown: readonly string[];
}

/** Describes `file`. */
export async function adapterReport(file: AdapterFile): Promise<AdapterReport> {
  const { source, metadata, modules, unknown } = file;
  const groups = grouped(modules, ({ form, path }) => `${form} ${readPath(path).components}`);
  const alphas = await readAlphas(modules);
  return {
    source,
    hash: await adapterHash(source, metadata),
    architecture: architectureOf(file),
    forms: [...groups.values()].map((own) => ({
      form: own[0].form,
      networks: readPath(own[0].path).components.join(" or "),
      modules: own.length,
      ranks: counted(own.flatMap(({ rank }) => rank ?? [])),
      scales: counted(own.flatMap((module) => scaleOf(module, alphas) ?? [])),
    })),
    training: trainingOf(metadata),
    metadata,
    unknown,
  };
}

async function readAlphas(modules: readonly FileModule[]): Promise<Map<FileModule, number>> {
  const stored = modules.flatMap((module) => {
    const alpha = module.tensors.get("alpha");
    return alpha === undefined ? [] : [[module, alpha] as const];
  });
  const values = await readTensors(stored.map(([, alpha], i) => [String(i), alpha]));
  return new Map(stored.map(([module], i) => [module, values.get(String(i))!.data[0]]));
}

/** alpha/rank of a module that has a rank. OFT's alpha is another thing. */
function scaleOf(module: FileModule, alphas: ReadonlyMap<FileModule, number>): number | undefined {
  if (module.rank === undefined) return undefined;
  const alpha = alphas.get(module);
  return alpha === undefined ? (module.scale ?? 1) : alpha / module.rank;
}

function counted(values: readonly number[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of [...values].sort((a, b) => a - b)) {
    const key = String(Number(value.toPrecision(6)));
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const tagsShown = 20;

function trainingOf(metadata: Readonly<Record<string, string>>): TrainingReport {
  const said = (...keys: string[]) => {
    const key = keys.find((one) => Object.hasOwn(metadata, one) && metadata[one] !== "None");
    return key === undefined ? undefined : metadata[key];
  };
  return {
    baseModel: said("ss_sd_model_name", "ss_base_model_version", "modelspec.architecture"),
    steps: said("ss_steps", "ss_max_train_steps"),
    epochs: said("ss_epoch", "ss_num_epochs"),
    resolution: said("ss_resolution", "modelspec.resolution"),
    learningRate: said("ss_unet_lr", "ss_learning_rate"),
    outputName: said("ss_output_name", "modelspec.title"),
    tags: tagsOf(metadata.ss_tag_frequency),
  };
}

/** kohya's tag counts are JSON: {folder: {tag: count}}. What is not that is no tags. */
function tagsOf(text: string | undefined): [string, number][] {
  if (text === undefined) return [];
  const counts = new Map<string, number>();
  let folders: unknown;
  try {
    folders = JSON.parse(text);
  } catch {
    return [];
  }
  for (const folder of Object.values(Object(folders) as Record<string, unknown>)) {
    for (const [tag, count] of Object.entries(Object(folder) as Record<string, unknown>))
      if (typeof count === "number") counts.set(tag.trim(), (counts.get(tag.trim()) ?? 0) + count);
  }
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, tagsShown);
}
