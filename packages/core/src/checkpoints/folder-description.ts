// What a folder in diffusers layout says about a model, weights aside: classes, configurations, tokenizers, scheduler.

import { joinPath, pathExists, readText } from "#platform";
import { parsePythonJsonObject } from "../util/python-json.ts";
import type { TokenizerFiles } from "../tokenizers/open.ts";
import type { NetworkSlot } from "./checkpoint.ts";
import type { NetworkDescription } from "./network-files.ts";
import { readTokenizerFiles } from "./tokenizer-files.ts";

/** The component folder of each network. */
export const componentFolders: Readonly<Record<NetworkSlot, string>> = {
  unet: "unet",
  vae: "vae",
  textEncoder: "text_encoder",
  textEncoder2: "text_encoder_2",
};

/** Everything in a folder of diffusers layout but the weights. */
export interface FolderDescription {
  readonly modelIndex?: Readonly<Record<string, unknown>>;
  readonly networks: ReadonlyMap<NetworkSlot, NetworkDescription>;
  readonly tokenizers: { tokenizer?: TokenizerFiles; tokenizer2?: TokenizerFiles };
  /** scheduler_config.json, where there is one. */
  readonly scheduler?: Readonly<Record<string, unknown>>;
}

/**
 * Reads the configurations and tokenizers of `folder`, whether or not weights lie beside them. model_index.json
 * decides on components and classes; without one, whatever component folders there are. Throws when there is no UNet,
 * or a listed component is missing (an autoencoder may: it can come from elsewhere).
 */
export async function describeFolder(folder: string): Promise<FolderDescription> {
  const modelIndex = await readJson(joinPath(folder, "model_index.json"));
  const isListed = (component: string) => modelIndex === undefined || className(modelIndex[component]) !== undefined;
  const missing = (file: string) =>
    new Error(`Cannot open "${folder}": it has no "${file}" (a folder in diffusers layout is wanted)`);

  const networks = new Map<NetworkSlot, NetworkDescription>();
  for (const [slot, component] of Object.entries(componentFolders) as [NetworkSlot, string][]) {
    if (!isListed(component)) continue;
    const config = await readJson(joinPath(folder, component, "config.json"));
    if (config !== undefined) {
      const [architecture] = (config.architectures as string[] | undefined) ?? [];
      const name = className(modelIndex?.[component]) ?? config._class_name ?? architecture;
      networks.set(slot, { className: String(name), config });
    } else if (slot === "unet" || (modelIndex !== undefined && slot !== "vae")) {
      throw missing(`${component}/config.json`);
    }
  }

  const tokenizers: { tokenizer?: TokenizerFiles; tokenizer2?: TokenizerFiles } = {};
  for (const [slot, component] of [
    ["tokenizer", "tokenizer"],
    ["tokenizer2", "tokenizer_2"],
  ] as const) {
    if (!isListed(component)) continue;
    const path = joinPath(folder, component);
    if (await pathExists(path)) tokenizers[slot] = await readTokenizerFiles(path);
    else if (modelIndex !== undefined) throw missing(component);
  }

  const config = await readJson(joinPath(folder, "scheduler", "scheduler_config.json"));
  const listedClass = className(modelIndex?.scheduler);
  const scheduler =
    config === undefined || listedClass === undefined ? config : { ...config, _class_name: listedClass };
  return { modelIndex, networks, tokenizers, scheduler };
}

/** The class in an entry of model_index.json, [library, class]; [null, null] stands for none. */
function className(entry: unknown): string | undefined {
  return Array.isArray(entry) && typeof entry[1] === "string" ? entry[1] : undefined;
}

async function readJson(path: string): Promise<Record<string, unknown> | undefined> {
  return (await pathExists(path)) ? parsePythonJsonObject(await readText(path), path) : undefined;
}
