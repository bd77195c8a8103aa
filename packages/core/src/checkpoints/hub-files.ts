// Which files of a repository are the model: repositories hold the same weights several times over (safetensors, torch
// pickles, Flax, ONNX, OpenVINO; full and half precision), and one of each is enough.

import { parsePythonJsonObject } from "../util/python-json.ts";
import { HubError } from "./hub-error.ts";
import { readPreferences } from "./preferences.ts";

/** What a model_index.json names that has files of its own. */
export interface ModelIndex {
  /** Folder name → class name, as in { unet: "UNet2DConditionModel" }. */
  readonly components: ReadonlyMap<string, string>;
  /** A file that the model asks for beside its components. */
  readonly upscaler?: string;
}

/** What to fetch, and what of it to open. */
export interface FileChoice {
  readonly files: readonly string[];
  /** Path of the file that is the model; "" when the folder as a whole is. */
  readonly entry: string;
  /** False when something else than asked for was taken, for want of a better: another variant, a bare tokenizer. */
  readonly exact: boolean;
}

interface ChoiceOptions {
  /** "owner/name", for messages. */
  repository: string;
  /** The repository's model_index.json, when it has one. */
  modelIndex?: ModelIndex;
  /** Wanted form of the weights: "fp16" in diffusion_pytorch_model.fp16.safetensors. */
  variant?: string;
}

// No network of ours reads these: a content filter, and encoders that only image-prompted pipelines use.
const unusedComponents = new Set(["safety_checker", "feature_extractor", "image_encoder"]);
const weightlessClass = /(?:Tokenizer(?:Fast)?|Scheduler|Processor|FeatureExtractor)$/;
const tokenizerClass = /Tokenizer(?:Fast)?$/;

// Small files worth having wherever they lie.
const configNames = [
  "config.json",
  "scheduler_config.json",
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "added_tokens.json",
  "spiece.model",
];

/** Reads a model_index.json: entries of two words are [library, class]; [null, null] is a component left out. */
export function parseModelIndex(text: string, name: string): ModelIndex {
  const components = new Map<string, string>();
  const index = parsePythonJsonObject(text, name);
  for (const [key, value] of Object.entries(index)) {
    if (Array.isArray(value) && typeof value[1] === "string" && !unusedComponents.has(key)) {
      components.set(key, value[1]);
    }
  }
  return { components, upscaler: readPreferences(index, name).upscaler };
}

/**
 * Chooses among the paths of a repository: with a model_index.json its components; else one network in the root
 * folder; else its only checkpoint file. Throws HubError "missing" or "ambiguous", with the files there are.
 */
export function chooseFiles(paths: readonly string[], options: ChoiceOptions): FileChoice {
  if (options.modelIndex) return chooseComponents(paths, options.modelIndex, options);
  const root = namesIn("", paths);
  if (root.includes("config.json") && findWeights(root, options.variant)) {
    return chooseComponents(paths, { components: new Map([["", "Network"]]) }, options);
  }
  return chooseCheckpoint(root, options);
}

function chooseComponents(paths: readonly string[], index: ModelIndex, options: ChoiceOptions): FileChoice {
  const { repository, variant = "" } = options;
  const files = paths.includes("model_index.json") ? ["model_index.json"] : [];
  if (index.upscaler !== undefined && !paths.includes(index.upscaler))
    throw new HubError("missing", `Cannot use "${repository}": no "${index.upscaler}", its upscaler`);
  if (index.upscaler !== undefined) files.push(index.upscaler);
  let exact = true;
  for (const [component, className] of index.components) {
    const names = namesIn(component, paths);
    const missing = (what: string) =>
      new HubError("missing", `Cannot use "${repository}": no ${what} in "${component}" (it holds: ${listOf(names)})`);

    const chosen = configNames.filter((name) => names.includes(name));
    if (!names.includes("vocab.json") && names.includes("tokenizer.json")) chosen.push("tokenizer.json");
    if (tokenizerClass.test(className)) {
      if (!["vocab.json", "tokenizer.json", "spiece.model"].some((name) => chosen.includes(name))) {
        throw missing("vocabulary");
      }
      exact &&= chosen.includes("tokenizer_config.json");
    }
    if (!weightlessClass.test(className)) {
      const weights = findWeights(names, variant);
      if (!weights) throw missing("weights (safetensors or torch)");
      exact &&= weights.variant === variant;
      chosen.push(...weights.names);
    }
    files.push(...chosen.map((name) => (component === "" ? name : `${component}/${name}`)));
  }
  return { files, entry: "", exact };
}

// <stem>[.variant].safetensors, or its shards <stem>[.variant]-00001-of-00002[.variant].safetensors with
// <stem>[.variant].safetensors.index[.variant].json; the same with .bin.
const weightsName =
  /^(?<stem>diffusion_pytorch_model|model|pytorch_model)(?:\.(?<before>[A-Za-z]\w*))?(?:-(?<part>\d{5})-of-(?<parts>\d{5}))?(?:\.(?<middle>[A-Za-z]\w*))?\.(?<format>safetensors|bin)(?<index>\.index(?:\.(?<after>[A-Za-z]\w*))?\.json)?$/;
const weightsFormats = ["safetensors", "bin"];

interface WeightsForm {
  format: string;
  variant: string;
  single?: string;
  index?: string;
  shards: string[];
  shardCount: number;
}

// Safetensors before torch pickles whatever the variant; then the variant asked for, the plain one, fp16, any other.
function findWeights(names: readonly string[], wanted = ""): { names: string[]; variant: string } | undefined {
  const variants = [...new Set([wanted, "", "fp16"])];
  const rank = ({ format, variant }: WeightsForm) => {
    const place = variants.indexOf(variant);
    return weightsFormats.indexOf(format) * 10 + (place < 0 ? variants.length : place);
  };
  const [best] = weightsForms(names)
    .filter(({ single, index, shards, shardCount }) => single ?? (index && shards.length === shardCount))
    .sort((a, b) => rank(a) - rank(b) || (a.variant < b.variant ? -1 : 1));
  if (!best) return undefined;
  const { single, index, shards, variant } = best;
  return { names: single ? [single] : [index!, ...shards.sort()], variant };
}

function weightsForms(names: readonly string[]): WeightsForm[] {
  const forms = new Map<string, WeightsForm>();
  for (const name of names) {
    const groups = weightsName.exec(name)?.groups;
    if (!groups) continue;
    const { stem, format, part, parts, index } = groups;
    const variant = groups.before ?? groups.middle ?? groups.after ?? "";
    const key = [stem, variant, format].join(" ");
    const form = forms.get(key) ?? { format, variant, shards: [], shardCount: 0 };
    forms.set(key, form);
    if (part) [form.shardCount] = [Number(parts), form.shards.push(name)];
    else if (index) form.index = name;
    else form.single = name;
  }
  return [...forms.values()];
}

// Files that look like checkpoints and are a trainer's own.
const trainerFile = /^(?:training_args|optimizer|scheduler|scaler|random_states)/;
const checkpointName = /^(?<stem>.+)\.(?<format>safetensors|ckpt|pt|pth|bin)$/;
const checkpointFormats = ["safetensors", "ckpt", "pt", "pth", "bin"];

/** Whether a file's name is that of a checkpoint. */
export function isCheckpointName(name: string): boolean {
  return checkpointName.test(name) && !trainerFile.test(name);
}

// The only checkpoint at the top of the repository; x.safetensors and x.ckpt count as one.
function chooseCheckpoint(names: readonly string[], { repository }: ChoiceOptions): FileChoice {
  const byStem = new Map<string, string[]>();
  for (const name of names.filter(isCheckpointName)) {
    const { stem, format } = checkpointName.exec(name)!.groups!;
    byStem.set(stem, [...(byStem.get(stem) ?? []), format]);
  }
  const checkpoints = [...byStem].map(([stem, formats]) => {
    const format = checkpointFormats.find((format) => formats.includes(format));
    return `${stem}.${format}`;
  });
  if (checkpoints.length === 1) return { files: checkpoints, entry: checkpoints[0], exact: true };
  if (checkpoints.length === 0) {
    const wanted = "model_index.json, or a .safetensors or .ckpt file, is wanted";
    throw new HubError("missing", `Cannot use "${repository}": it holds no model (${wanted}): ${listOf(names)}`);
  }
  const wanted = `one is wanted, as in "${repository}/${checkpoints[0]}"`;
  throw new HubError("ambiguous", `Cannot choose from "${repository}": it holds ${listOf(checkpoints)} (${wanted})`);
}

// The names of the files right in `folder` ("" is the root).
function namesIn(folder: string, paths: readonly string[]): string[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  return paths
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length))
    .filter((name) => !name.includes("/"));
}

/** Names in one line for a message, the first twelve of them. */
export function listOf(names: readonly string[]): string {
  const shown = names.slice(0, 12).map((name) => `"${name}"`);
  if (names.length > shown.length) shown.push(`${names.length - shown.length} more`);
  return shown.join(", ") || "nothing";
}
