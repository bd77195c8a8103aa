// What a network should hold against what a file holds. The wanted names are those of the traced network itself.

import { type Graph, parametersOf } from "../graph/graph.ts";
import { autoencoderKlConfig, decoderGraph, encoderGraph } from "../models/autoencoder-kl.ts";
import { clipConfig, clipGraph } from "../models/clip.ts";
import { clipTextConfig, clipTextGraph } from "../models/clip-text.ts";
import { clipVisionConfig, clipVisionGraph } from "../models/clip-vision.ts";
import { ldmBertConfig, ldmBertGraph } from "../models/ldm-bert.ts";
import { unetConfig } from "../models/unet-config.ts";
import { unetGraph } from "../models/unet.ts";
import { unet2dConfig, unet2dGraph } from "../models/unet2d.ts";
import { vqAutoencoderConfig, vqDecoderGraph, vqEncoderGraph } from "../models/vq-autoencoder.ts";
import type { StoredTensor, StoredTensors } from "../tensor/stored.ts";
import { own } from "./own.ts";

type Config = Readonly<Record<string, unknown>>;

/** The graphs that make up one network of a published class. */
const networks: Readonly<Record<string, (config: Config) => Graph[]>> = {
  UNet2DConditionModel(published) {
    const config = unetConfig(published);
    // How the added numbers divide into pooled text and sizes does not change the parameters.
    const { width, sizeCodeWidth } = config.textTime ?? { width: 0, sizeCodeWidth: 0 };
    return [unetGraph(config, { pooledWidth: width - sizeCodeWidth })];
  },
  AutoencoderKL(published) {
    const config = autoencoderKlConfig(published);
    return [encoderGraph(config), decoderGraph(config)];
  },
  UNet2DModel: (published) => [unet2dGraph(unet2dConfig(published))],
  VQModel(published) {
    const config = vqAutoencoderConfig(published);
    return [vqEncoderGraph(config), vqDecoderGraph(config)];
  },
  LDMBertModel: (published) => [ldmBertGraph(ldmBertConfig(published))],
  CLIPModel: (published) => [clipGraph(clipConfig(published))],
  CLIPVisionModelWithProjection: (published) => [clipVisionGraph(clipVisionConfig(published))],
  CLIPTextModel: (published) => [clipTextGraph(clipTextConfig(published, { withProjection: false }))],
  CLIPTextModelWithProjection: (published) => [clipTextGraph(clipTextConfig(published, { withProjection: true }))],
};

/** A file's tensors sorted by what the architecture makes of them. */
export interface MatchedTensors {
  /** In the network's own order. */
  readonly used: StoredTensors;
  /** Published names. */
  readonly missing: readonly string[];
  /** Names in the file. */
  readonly unused: readonly string[];
  /** Why the names could not be compared: a class or an option without a network here. Then all tensors count as used. */
  readonly unchecked?: string;
}

/** Compares `tensors` with the parameters of the network that `className` and its config.json describe. */
export function matchArchitecture(
  tensors: StoredTensors,
  { className, config }: { className: string; config: Config },
): MatchedTensors {
  const trace = own(networks, className);
  if (trace === undefined) return { used: tensors, missing: [], unused: [] };
  let graphs: Graph[];
  try {
    graphs = trace(config);
  } catch (cause) {
    return { used: tensors, missing: [], unused: [], unchecked: (cause as Error).message };
  }
  const used = new Map<string, StoredTensor>();
  const missing: string[] = [];
  for (const { name } of graphs.flatMap(parametersOf)) {
    const stored = tensors.get(name);
    if (stored === undefined) missing.push(name);
    else used.set(name, stored);
  }
  const unused = [...tensors].filter(([name]) => !used.has(name)).map(([, { name }]) => name);
  return { used, missing, unused: [...new Set(unused)] };
}
