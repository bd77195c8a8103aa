// A checkpoint in diffusers layout: model_index.json, and one folder per component.

import { joinPath, pathExists, readText } from "#platform";
import { parsePythonJsonObject } from "../util/python-json.ts";
import type { NetworkSlot, OpenCheckpointOptions, Prediction, TokenizerFiles } from "./checkpoint.ts";
import { readComponentWeights } from "./component-weights.ts";
import { detectTask, familyOfConfig } from "./detect.ts";
import { modelHash } from "./model-hash.ts";
import { publishedNetwork } from "./names/published.ts";
import {
  collectNetworks,
  type NetworkDescription,
  networkFiles,
  type ReadCheckpoint,
  type ReadNetwork,
} from "./network-files.ts";
import { defaultScheduler } from "./schedulers.ts";
import { readTokenizerFiles } from "./tokenizer-files.ts";
import { readVae } from "./vae-override.ts";

const components: Readonly<Record<NetworkSlot, string>> = {
  unet: "unet",
  vae: "vae",
  textEncoder: "text_encoder",
  textEncoder2: "text_encoder_2",
};
const tokenizerComponents = { tokenizer: "tokenizer", tokenizer2: "tokenizer_2" } as const;

/** Everything in a folder of diffusers layout but the weights. */
export interface FolderDescription {
  readonly modelIndex?: Readonly<Record<string, unknown>>;
  readonly networks: ReadonlyMap<NetworkSlot, NetworkDescription>;
  readonly tokenizers: { tokenizer?: TokenizerFiles; tokenizer2?: TokenizerFiles };
  /** scheduler_config.json, where there is one. */
  readonly scheduler?: Readonly<Record<string, unknown>>;
}

/** Reads the configurations and tokenizers of `folder`, whether or not weights lie beside them. */
export async function describeFolder(folder: string): Promise<FolderDescription> {
  const modelIndex = await readJson(joinPath(folder, "model_index.json"));
  // [library, class]; [null, null] where the pipeline runs without the component.
  const isListed = (component: string) => modelIndex === undefined || className(modelIndex[component]) !== undefined;
  const networks = new Map<NetworkSlot, NetworkDescription>();
  for (const [slot, component] of Object.entries(components) as [NetworkSlot, string][]) {
    if (!isListed(component)) continue;
    const config = await readJson(joinPath(folder, component, "config.json"));
    if (config === undefined) continue;
    const name =
      className(modelIndex?.[component]) ?? config._class_name ?? (config.architectures as string[] | undefined)?.[0];
    networks.set(slot, { className: String(name), config });
  }
  const tokenizers: { tokenizer?: TokenizerFiles; tokenizer2?: TokenizerFiles } = {};
  for (const slot of ["tokenizer", "tokenizer2"] as const) {
    const path = joinPath(folder, tokenizerComponents[slot]);
    if (isListed(tokenizerComponents[slot]) && (await pathExists(path)))
      tokenizers[slot] = await readTokenizerFiles(path);
  }
  const scheduler = await readJson(joinPath(folder, "scheduler", "scheduler_config.json"));
  return { modelIndex, networks, tokenizers, scheduler };
}

/** Reads the checkpoint in the diffusers folder `path`. */
export async function readDiffusersFolder(path: string, options: OpenCheckpointOptions): Promise<ReadCheckpoint> {
  const { modelIndex, networks: descriptions, tokenizers, scheduler } = await describeFolder(path);
  const notes: string[] = [];
  const read = new Map<NetworkSlot, ReadNetwork>();
  let metadata: Readonly<Record<string, string>> = {};
  let unetFile = "";
  for (const [slot, description] of descriptions) {
    if (slot === "vae" && options.vae !== undefined) continue;
    const weights = await readComponentWeights(joinPath(path, components[slot]), options);
    if (weights.note !== undefined) notes.push(weights.note);
    if (slot === "unet") ({ metadata, file: unetFile } = weights);
    read.set(slot, networkFiles(description, publishedNetwork(slot, weights.tensors)));
  }
  const unet = descriptions.get("unet");
  if (unet === undefined) throw new Error(`Cannot open "${path}": it has no UNet ("unet/config.json" is wanted)`);

  const family = options.family ?? familyOfConfig(unet.config, new Set(descriptions.keys()));
  if (options.vae !== undefined) read.set("vae", await readVae(options.vae, { family, variant: options.variant }));
  const { networks, missing, notes: networkNotes } = collectNetworks(read);
  if (networks.unet === undefined || networks.vae === undefined) {
    throw new Error(`Cannot open "${path}": it has no autoencoder (pass "vae", the file or folder of one)`);
  }
  const prediction = options.prediction ?? (scheduler?.prediction_type as Prediction | undefined) ?? "epsilon";
  if (scheduler === undefined) notes.push(`"${path}" has no scheduler: ${family}'s default is used`);
  return {
    checkpoint: {
      path,
      format: "diffusers",
      family,
      task: detectTask(unet.config, { family, latentChannels: Number(networks.vae.config.latent_channels ?? 4) }),
      prediction,
      networks: { ...networks, unet: networks.unet, vae: networks.vae },
      tokenizers,
      scheduler:
        scheduler === undefined
          ? defaultScheduler(family, { prediction })
          : { ...scheduler, prediction_type: prediction },
      modelIndex,
      metadata,
      unused: [],
      notes: [...notes, ...networkNotes],
      hash: () => modelHash(unetFile),
    },
    missing,
  };
}

function className(entry: unknown): string | undefined {
  return Array.isArray(entry) && typeof entry[1] === "string" ? entry[1] : undefined;
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  return (await pathExists(path)) ? parsePythonJsonObject(await readText(path), path) : undefined;
}
