// The networks that act beside a model: upscalers, ControlNets and their like, told by their tensors. They lie below the folders
// of models and adapters.

import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileKind } from "@noisette/core/checkpoints/kinds";
import { readWeights } from "@noisette/core/checkpoints/weights-file";
import { pathExists } from "@noisette/core/platform/node";
import { sizeOnDisk } from "./find-checkpoints.ts";
import { idBelow, liesBelow } from "./folder.ts";

/** What a network is for, and how core calls files of the kind. */
const kinds = {
  upscaler: /ESRGAN/,
  controlnet: /ControlNet|Control-LoRA/,
  "t2i-adapter": /T2I-Adapter/,
  "ip-adapter": /IP-Adapter/,
} as const;

/** One of the kinds. */
export type NetworkKind = keyof typeof kinds;

/** A network that acts beside a model. */
export interface InstalledNetwork {
  readonly id: string;
  readonly kind: NetworkKind;
  readonly path: string;
  readonly origin: "folder" | "bundled";
  readonly sizeBytes: number;
}

/** Networks below `folders`, and the upscaler at the path `bundled`, which comes first. */
export async function findNetworks({
  folders,
  bundled,
}: {
  readonly folders: readonly string[];
  readonly bundled?: { readonly id: string; readonly path: string };
}): Promise<InstalledNetwork[]> {
  const own: InstalledNetwork[] =
    bundled === undefined
      ? []
      : [{ ...bundled, kind: "upscaler", origin: "bundled", sizeBytes: await sizeOnDisk(bundled.path) }];
  const found = await Promise.all(folders.map(networksBelow));
  return [
    ...new Map([...own, ...found.flat()].toReversed().map((network) => [network.id, network])).values(),
  ].toReversed();
}

async function networksBelow(folder: string): Promise<InstalledNetwork[]> {
  const found: InstalledNetwork[] = [];
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries
    .filter((entry) => !entry.isDirectory() && /\.(pth|pt|bin|safetensors)$/i.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const path of paths) {
    const kind = await kindOf(path);
    if (kind === undefined || !(await liesBelow(path, [folder]))) continue;
    // In diffusers' layout the folder is the network, with its configuration beside the weights.
    const isFolder =
      basename(path).startsWith("diffusion_pytorch_model") && (await pathExists(join(dirname(path), "config.json")));
    const place = isFolder ? dirname(path) : path;
    found.push({ id: idBelow(folder, place), kind, path: place, origin: "folder", sizeBytes: await sizeOnDisk(place) });
  }
  return found;
}

/** Kinds by path, size and time of change: a file is read once. */
const known = new Map<string, Promise<NetworkKind | undefined>>();

async function kindOf(path: string): Promise<NetworkKind | undefined> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return undefined;
  const key = `${path} ${status.size} ${status.mtimeMs}`;
  const kind = known.get(key) ?? readKind(path);
  known.set(key, kind);
  return kind;
}

async function readKind(path: string): Promise<NetworkKind | undefined> {
  const weights = await readWeights(path).catch(() => undefined);
  const label = weights && fileKind(weights.tensors.keys())?.label;
  return (Object.keys(kinds) as NetworkKind[]).find((kind) => label !== undefined && kinds[kind].test(label));
}
