// A checkpoint in one file: all networks under prefixes, no configuration. What diffusers' folders say outright is
// derived from names and shapes, or taken from the folder given as `config`.

import { readTensors } from "../safetensors/read-tensor.ts";
import type { Weights } from "../safetensors/weights.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { Checkpoint, ModelFamily, NetworkSlot, OpenCheckpointOptions, Prediction } from "./checkpoint.ts";
import type { TokenizerFiles } from "../tokenizers/open.ts";
import { clipTextConfig } from "./configs/clip-text.ts";
import { unetConfig } from "./configs/unet.ts";
import { vaeConfig } from "./configs/vae.ts";
import { detectFamily, detectLabelEmbedding, detectPrediction, detectTask, familyOfConfig } from "./detect.ts";
import { describeFolder, type FolderDescription } from "./folder-description.ts";
import { fileKind } from "./kinds.ts";
import { modelHash } from "./model-hash.ts";
import { splitNetworks } from "./names/prefixes.ts";
import { type PublishedNetwork, publishedNetwork } from "./names/published.ts";
import {
  collectNetworks,
  type NetworkDescription,
  networkFiles,
  type ReadCheckpoint,
  type ReadNetwork,
} from "./network-files.ts";
import { cosXlScheduler, defaultScheduler, playgroundScheduler } from "./schedulers.ts";
import { readVae } from "./vae-override.ts";

const maxTellingValues = 2 ** 16;

/** The tokenizers of each family. OpenCLIP pads with its id 0, "!"; OpenAI's CLIP with the end token. */
const clip = { builtIn: "clip", padToken: "<|endoftext|>" } as const;
const openClip = { builtIn: "clip", padToken: "!" } as const;
const tokenizers: Readonly<Record<ModelFamily, { tokenizer?: TokenizerFiles; tokenizer2?: TokenizerFiles }>> = {
  sd1: { tokenizer: clip },
  sd2: { tokenizer: openClip },
  sdxl: { tokenizer: clip, tokenizer2: openClip },
  "sdxl-refiner": { tokenizer2: openClip },
};

/** Reads the checkpoint whose tensors are `weights`, those of the file `path`. */
export async function readSingleFile(
  path: string,
  weights: Weights,
  options: OpenCheckpointOptions,
): Promise<ReadCheckpoint> {
  const { tensors, metadata } = weights;
  const kind = fileKind(tensors.keys());
  if (!kind?.isCheckpoint) {
    const what =
      kind === undefined ? `its ${tensors.size} tensors are named as in no known model` : `it is ${kind.label}`;
    throw new Error(`Cannot open "${path}": ${what} (a whole Stable Diffusion checkpoint is wanted)`);
  }
  const folder = options.config === undefined ? undefined : await describeFolder(options.config);
  const { sections, unused } = splitNetworks(tensors);
  const published = publishSections(sections, folder);
  const unetTensors = published.get("unet")?.tensors ?? new Map<string, StoredTensor>();
  const slots = new Set(published.keys());

  const folderUnet = folder?.networks.get("unet")?.config;
  const family =
    options.family ?? (folderUnet === undefined ? detectFamily(unetTensors, slots) : familyOfConfig(folderUnet, slots));
  const stated = options.prediction ?? (folder?.scheduler?.prediction_type as Prediction | undefined);
  const detected =
    stated === undefined
      ? await detectPrediction({ tensors, metadata, unet: unetTensors, family }, readValues)
      : { prediction: stated, note: undefined };
  const { prediction } = detected;

  const read = new Map<NetworkSlot, ReadNetwork>();
  for (const [slot, network] of published) {
    if (slot === "vae" && options.vae !== undefined) continue;
    const description = folder?.networks.get(slot) ?? derive(slot, { published, family, prediction });
    read.set(slot, networkFiles(description, network));
  }
  if (options.vae !== undefined) read.set("vae", await readVae(options.vae, { family, variant: options.variant }));
  const { networks, missing, notes } = collectNetworks(read);
  if (networks.unet === undefined || networks.vae === undefined) {
    throw new Error(`Cannot open "${path}": it has no autoencoder (pass "vae", the file or folder of one)`);
  }
  const edm = folder === undefined ? await edmSettings(tensors) : undefined;
  const vae =
    edm?.vae === undefined || options.vae !== undefined
      ? networks.vae
      : { ...networks.vae, config: { ...networks.vae.config, ...edm.vae } };
  const scheduler = {
    ...(folder?.scheduler ?? edm?.scheduler ?? defaultScheduler(family, { prediction, zeroSnr: tensors.has("ztsnr") })),
    prediction_type: prediction,
  };

  const checkpoint: Checkpoint = {
    path,
    format: "single-file",
    family,
    task: detectTask(networks.unet.config, { family, latentChannels: Number(vae.config.latent_channels ?? 4) }),
    prediction,
    networks: { ...networks, unet: networks.unet, vae },
    tokenizers: folder === undefined ? tokenizers[family] : folder.tokenizers,
    scheduler,
    modelIndex: folder?.modelIndex,
    preferences: {},
    metadata,
    unused,
    notes: [...(detected.note === undefined ? [] : [detected.note]), ...notes],
    hash: () => modelHash([path]),
  };
  return { checkpoint, missing };
}

type Sections = ReturnType<typeof splitNetworks>["sections"];

function publishSections(
  sections: Sections,
  folder: FolderDescription | undefined,
): Map<NetworkSlot, PublishedNetwork> {
  const unet = sections.get("unet");
  const stated = folder?.networks.get("unet")?.config;
  const labelEmbedding =
    stated !== undefined
      ? stated.addition_embed_type === "text_time"
        ? "add_embedding"
        : "class_embedding"
      : detectLabelEmbedding(
          [...sections.values()].map(({ prefix }) => prefix),
          unet?.tensors ?? new Map(),
        );
  return new Map(
    [...sections].map(([slot, { tensors }]) => [slot, publishedNetwork(slot, tensors, { labelEmbedding })]),
  );
}

/** The class and configuration of the network in `slot`, from the tensors of all. */
function derive(
  slot: NetworkSlot,
  {
    published,
    family,
    prediction,
  }: { published: ReadonlyMap<NetworkSlot, PublishedNetwork>; family: ModelFamily; prediction: Prediction },
): NetworkDescription {
  const tensors = published.get(slot)?.tensors ?? new Map<string, StoredTensor>();
  if (slot === "unet") {
    const projection = published.get("textEncoder2")?.tensors.get("text_projection.weight");
    const pooledWidth = projection?.dims[projection.transposed ? 1 : 0];
    return { className: "UNet2DConditionModel", config: unetConfig(tensors, { family, prediction, pooledWidth }) };
  }
  if (slot === "vae") return { className: "AutoencoderKL", config: vaeConfig(tensors, family) };
  const config = clipTextConfig(tensors, { family, slot });
  return { className: (config.architectures as string[])[0], config };
}

/** What the markers of models sampled in the EDM frame change: Playground v2.5 states its latents' moments, CosXL its noise range. */
async function edmSettings(
  tensors: StoredTensors,
): Promise<{ scheduler: Record<string, unknown>; vae?: Record<string, unknown> } | undefined> {
  const value = async (name: string) => {
    const stored = tensors.get(name);
    return stored === undefined ? undefined : readValues(stored);
  };
  const [mean, std] = await Promise.all(["edm_mean", "edm_std"].map(value));
  if (mean !== undefined && std !== undefined) {
    const vae = { latents_mean: Array.from(mean), latents_std: Array.from(std), scaling_factor: 0.5 };
    return { scheduler: playgroundScheduler, vae };
  }
  const [sigmaMin, sigmaMax] = await Promise.all(["edm_vpred.sigma_min", "edm_vpred.sigma_max"].map(value));
  return sigmaMax === undefined
    ? undefined
    : { scheduler: cosXlScheduler({ sigmaMin: sigmaMin?.[0] ?? 0.002, sigmaMax: sigmaMax[0] }) };
}

/** The values of a tensor that tells something about the file; such tensors are small. */
async function readValues(stored: StoredTensor): Promise<Float32Array> {
  const { name, dims, file } = stored;
  if (elementCount(dims) > maxTellingValues)
    throw new Error(
      `Cannot read "${name}" of "${file}": it is [${dims}] (at most ${maxTellingValues} values are wanted)`,
    );
  const values = await readTensors([[stored.name, stored]]);
  return values.get(stored.name)?.data ?? new Float32Array();
}
