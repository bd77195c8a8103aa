// Opens a checkpoint in any published layout.

import { joinPath, pathExists } from "#platform";
import { closestName } from "../safetensors/closest-name.ts";
import type { Checkpoint, NetworkSlot, OpenCheckpointOptions } from "./checkpoint.ts";
import { readDiffusersFolder } from "./diffusers-folder.ts";
import { componentFolders } from "./folder-description.ts";
import type { ReadCheckpoint } from "./network-files.ts";
import { readSingleFile } from "./single-file.ts";
import { readWeights } from "./weights-file.ts";

/**
 * Opens the checkpoint at `path`: a folder in diffusers layout, or a single .safetensors or .ckpt file. Reads headers
 * only. Throws when the file is something else, lacks tensors, or has an architecture that needs `config`.
 */
export async function openCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<Checkpoint> {
  const { checkpoint, missing } = await readCheckpoint(path, options);
  for (const [slot, names] of missing) if (names.length > 0) throw missingError(checkpoint, { slot, names });
  return checkpoint;
}

/** Reads the checkpoint at `path` as openCheckpoint does, but reports missing tensors instead of throwing. */
async function readCheckpoint(path: string, options: OpenCheckpointOptions = {}): Promise<ReadCheckpoint> {
  if (await pathExists(joinPath(path, "model_index.json"))) return readDiffusersFolder(path, options);
  return readSingleFile(path, await readWeights(path), options);
}

function missingError(
  { path, networks, unused }: Checkpoint,
  { slot, names }: { slot: NetworkSlot; names: readonly string[] },
): Error {
  const network = networks[slot];
  // What no rule understood is the likelier culprit than what found its place.
  const leftOver = [...(network?.unused ?? []), ...unused];
  const closest = closestName(names[0], leftOver.length > 0 ? leftOver : (network?.tensors.keys() ?? []));
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const hint = closest === undefined ? "" : ` (closest: "${closest}")`;
  return new Error(`Cannot load "${path}": missing "${componentFolders[slot]}.${names[0]}"${more}${hint}`);
}
