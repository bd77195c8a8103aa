// A checkpoint in diffusers layout: model_index.json, and one folder per component.

import { joinPath } from "#platform";
import type { CheckpointTask, NetworkSlot, OpenCheckpointOptions, Prediction } from "./checkpoint.ts";
import { readComponentWeights } from "./component-weights.ts";
import { detectTask, familyOfConfig } from "./detect.ts";
import { componentFolders, describeFolder } from "./folder-description.ts";
import { modelHash } from "./model-hash.ts";
import { publishedNetwork } from "./names/published.ts";
import { collectNetworks, networkFiles, type ReadCheckpoint, type ReadNetwork } from "./network-files.ts";
import { readPreferences } from "./preferences.ts";
import { defaultScheduler } from "./schedulers.ts";
import { textlessClass } from "./textless-model.ts";
import { readVae } from "./vae-override.ts";

/** What UNets of a task predict, whatever their schedulers say: this one's pipeline makes of its v what its scheduler takes. */
const predictions: Partial<Record<CheckpointTask, Prediction>> = { "latent-upscaling": "v_prediction" };

/** Reads the checkpoint in the diffusers folder `path`. */
export async function readDiffusersFolder(path: string, options: OpenCheckpointOptions): Promise<ReadCheckpoint> {
  const { modelIndex, networks: descriptions, tokenizers, scheduler } = await describeFolder(path);
  if (descriptions.get("unet")?.className === textlessClass)
    throw new Error(
      `Cannot open "${path}": its UNet is a ${textlessClass}, which takes no text (noisette sample makes its pictures)`,
    );
  const notes: string[] = [];
  const read = new Map<NetworkSlot, ReadNetwork>();
  let metadata: Readonly<Record<string, string>> = {};
  for (const [slot, description] of descriptions) {
    if (slot === "vae" && options.vae !== undefined) continue;
    const weights = await readComponentWeights(joinPath(path, componentFolders[slot]), options);
    if (weights.note !== undefined) notes.push(weights.note);
    if (slot === "unet") metadata = weights.metadata;
    read.set(slot, networkFiles(description, publishedNetwork(slot, weights.tensors)));
  }
  const unetConfig = descriptions.get("unet")?.config ?? {};
  const family = options.family ?? familyOfConfig(unetConfig, new Set(descriptions.keys()));
  if (options.vae !== undefined) read.set("vae", await readVae(options.vae, { family, variant: options.variant }));

  const { networks, missing, notes: networkNotes } = collectNetworks(read);
  const { unet, vae } = networks;
  if (unet === undefined || vae === undefined) {
    throw new Error(`Cannot open "${path}": it has no autoencoder (pass "vae", the file or folder of one)`);
  }
  if (scheduler === undefined) notes.push(`"${path}" has no scheduler: ${family}'s default is used`);
  const task = detectTask(unetConfig, { family, latentChannels: Number(vae.config.latent_channels ?? 4) });
  const prediction =
    options.prediction ?? predictions[task] ?? (scheduler?.prediction_type as Prediction | undefined) ?? "epsilon";
  return {
    checkpoint: {
      path,
      format: "diffusers",
      family,
      task,
      prediction,
      networks: { ...networks, unet, vae },
      tokenizers,
      scheduler: {
        ...(scheduler ?? defaultScheduler(family, { prediction })),
        prediction_type: predictions[task] ? scheduler?.prediction_type : prediction,
      },
      modelIndex,
      preferences: readPreferences(modelIndex, path),
      metadata,
      unused: [],
      notes: [...notes, ...networkNotes],
      hash: () => modelHash([...new Set([...unet.tensors.values()].map(({ file }) => file))]),
    },
    missing,
  };
}
