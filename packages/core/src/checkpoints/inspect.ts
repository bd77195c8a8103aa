// What is inside a file of weights or a diffusers folder, as data: for the command line, the server and bug reports.

import { joinPath, pathExists } from "#platform";
import type { StoredTensors, StoredType } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import type {
  Checkpoint,
  CheckpointTask,
  ModelFamily,
  NetworkSlot,
  OpenCheckpointOptions,
  Prediction,
} from "./checkpoint.ts";
import type { TokenizerFiles } from "../tokenizers/open.ts";
import { readDiffusersFolder } from "./diffusers-folder.ts";
import { fileKind } from "./kinds.ts";
import type { ReadCheckpoint } from "./network-files.ts";
import { readSingleFile } from "./single-file.ts";
import { readWeights } from "./weights-file.ts";

/** Sizes of a set of tensors. */
export interface WeightsSummary {
  readonly tensors: number;
  readonly parameters: number;
  readonly sizeBytes: number;
  /** Tensors of each stored element type. */
  readonly types: Readonly<Partial<Record<StoredType, number>>>;
}

/** One network of a checkpoint. */
export interface NetworkReport extends WeightsSummary {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly missing: readonly string[];
  readonly unused: readonly string[];
}

/** What a checkpoint is, where the weights are one. */
export interface ModelReport {
  readonly format: Checkpoint["format"];
  readonly family: ModelFamily;
  readonly task: CheckpointTask;
  readonly prediction: Prediction;
  readonly networks: Readonly<Partial<Record<NetworkSlot, NetworkReport>>>;
  /** For each tokenizer, its vocabulary's size or "standard CLIP", and the token it pads with. */
  readonly tokenizers: Readonly<
    Record<string, { readonly vocabulary: number | "standard CLIP"; readonly padToken: string }>
  >;
  readonly scheduler: Readonly<Record<string, unknown>>;
}

/** Everything that can be said about `path` without running it. */
export interface CheckpointReport {
  readonly path: string;
  /** "a Stable Diffusion checkpoint", "a LoRA", …; "unknown" when no tensor name is telling. */
  readonly kind: string;
  /** All tensors together. */
  readonly weights: WeightsSummary;
  readonly model?: ModelReport;
  /** Why there is no `model` although the file is a checkpoint. */
  readonly problem?: string;
  /** Metadata by origin: the model specification, the trainer's own comments (kohya's ss_ keys), and the rest. */
  readonly metadata: Readonly<Record<"modelspec" | "training" | "other", Readonly<Record<string, string>>>>;
  /** Names that belong to no network. */
  readonly unused: readonly string[];
  readonly notes: readonly string[];
}

/** Describes the checkpoint, or other weights file, at `path`. Reads headers only; throws when the files are unreadable. */
export async function inspectCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<CheckpointReport> {
  if (await pathExists(joinPath(path, "model_index.json"))) {
    const read = await readDiffusersFolder(path, options);
    const all = Object.values(read.checkpoint.networks).map(({ tensors }) => summarize(tensors));
    return { ...describe(read), path, kind: "a Stable Diffusion checkpoint", weights: total(all) };
  }
  const file = await readWeights(path);
  const kind = fileKind(file.tensors.keys());
  const base = { path, kind: kind?.label ?? "unknown", weights: summarize(file.tensors) };
  if (!kind?.isCheckpoint) return { ...base, metadata: sortMetadata(file.metadata), unused: [], notes: [] };
  try {
    return { ...base, ...describe(await readSingleFile(path, file, options)) };
  } catch (cause) {
    return { ...base, problem: (cause as Error).message, metadata: sortMetadata(file.metadata), unused: [], notes: [] };
  }
}

function describe({ checkpoint, missing }: ReadCheckpoint): Omit<CheckpointReport, "path" | "kind" | "weights"> {
  const { format, family, task, prediction, scheduler, metadata, unused, notes } = checkpoint;
  const networks = Object.entries(checkpoint.networks).map(([slot, { className, config, tensors, unused }]) => [
    slot,
    { className, config, ...summarize(tensors), missing: missing.get(slot as NetworkSlot) ?? [], unused },
  ]);
  const tokenizers = Object.entries(checkpoint.tokenizers).map(([slot, files]) => [slot, describeTokenizer(files)]);
  return {
    model: {
      format,
      family,
      task,
      prediction,
      networks: Object.fromEntries(networks),
      tokenizers: Object.fromEntries(tokenizers),
      scheduler,
    },
    metadata: sortMetadata(metadata),
    unused,
    notes,
  };
}

function describeTokenizer(files: TokenizerFiles): ModelReport["tokenizers"][string] {
  if ("builtIn" in files) return { vocabulary: "standard CLIP", padToken: files.padToken };
  return {
    vocabulary: Object.keys(JSON.parse(files.vocab) as object).length,
    padToken: String(files.config.pad_token),
  };
}

function summarize(tensors: StoredTensors): WeightsSummary {
  const types: Partial<Record<StoredType, number>> = {};
  let parameters = 0;
  let sizeBytes = 0;
  for (const { type, dims, byteLength } of tensors.values()) {
    types[type] = (types[type] ?? 0) + 1;
    parameters += elementCount(dims);
    sizeBytes += byteLength;
  }
  return { tensors: tensors.size, parameters, sizeBytes, types };
}

function total(parts: readonly WeightsSummary[]): WeightsSummary {
  const types: Partial<Record<StoredType, number>> = {};
  for (const part of parts) {
    for (const [type, count] of Object.entries(part.types) as [StoredType, number][])
      types[type] = (types[type] ?? 0) + count;
  }
  const sum = (key: "tensors" | "parameters" | "sizeBytes") => parts.reduce((all, part) => all + part[key], 0);
  return { tensors: sum("tensors"), parameters: sum("parameters"), sizeBytes: sum("sizeBytes"), types };
}

function sortMetadata(metadata: Readonly<Record<string, string>>): CheckpointReport["metadata"] {
  const pick = (wanted: (key: string) => boolean) =>
    Object.fromEntries(Object.entries(metadata).filter(([key]) => wanted(key)));
  const isSpecification = (key: string) => key.startsWith("modelspec.");
  const isTraining = (key: string) => key.startsWith("ss_") || key.startsWith("sshs_");
  return {
    modelspec: pick(isSpecification),
    training: pick(isTraining),
    other: pick((key) => !isSpecification(key) && !isTraining(key)),
  };
}
