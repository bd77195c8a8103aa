// An autoencoder of its own: a diffusers component folder, a folder of a whole model, or a single file that holds an
// autoencoder alone or a whole checkpoint.

import { joinPath, pathExists, readText } from "#platform";
import { parsePythonJsonObject } from "../util/python-json.ts";
import type { ModelFamily } from "./checkpoint.ts";
import { readComponentWeights } from "./component-weights.ts";
import { vaeConfig } from "./configs/vae.ts";
import { splitNetworks } from "./names/prefixes.ts";
import { publishedNetwork } from "./names/published.ts";
import { networkFiles, type ReadNetwork } from "./network-files.ts";
import { readWeights } from "./weights-file.ts";

/** Reads the autoencoder at `path`; a file without configuration has the scaling of `family`'s latents. */
export async function readVae(
  path: string,
  { family, variant }: { family: ModelFamily; variant?: string },
): Promise<ReadNetwork> {
  for (const folder of [joinPath(path, "vae"), path]) {
    const configPath = joinPath(folder, "config.json");
    if (!(await pathExists(configPath))) continue;
    const config = parsePythonJsonObject(await readText(configPath), configPath);
    const weights = await readComponentWeights(folder, { variant });
    const read = networkFiles(
      { className: String(config._class_name), config },
      publishedNetwork("vae", weights.tensors),
    );
    return weights.note === undefined ? read : { ...read, notes: [weights.note, ...read.notes] };
  }
  const { tensors } = await readWeights(path);
  const section = splitNetworks(tensors).sections.get("vae");
  const published = publishedNetwork("vae", section?.tensors ?? tensors);
  return networkFiles({ className: "AutoencoderKL", config: vaeConfig(published.tensors, family) }, published);
}
