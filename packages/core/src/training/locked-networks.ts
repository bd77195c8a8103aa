// Networks that somebody else trained and that make a vector of a picture: what text towers learn to agree with, and judges stand on.

import { joinPath } from "#platform";
import { readConfig, readImageEncoder } from "../checkpoints/image-encoder.ts";
import { readComponentWeights } from "../checkpoints/component-weights.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf, parametersOf } from "../graph/graph.ts";
import { parameters } from "../graph/params.ts";
import { clipPixels } from "../image/clip-pixels.ts";
import type { Image } from "../image/image.ts";
import { clipVisionGraph } from "../models/clip-vision.ts";
import { ConfigReader } from "../models/config.ts";
import type { PublishedConfig } from "../models/config.ts";
import { judgeFeaturesGraph, judgeWidth, trunkPrefix } from "../models/judge.ts";
import { nsfwConfig } from "../models/nsfw.ts";
import { linear } from "../nn/layers.ts";
import { readSafetensors } from "../safetensors/read.ts";
import { storedTensor } from "../safetensors/weights.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { fittedPicture, pictureTensor } from "./pictures.ts";

/** A network that makes a vector of a picture. */
export interface LockedNetwork {
  /** Where its weights are. */
  readonly source: string;
  readonly graph: Graph;
  readonly tensors: StoredTensors;
  /** Its input's name and what it is for some pictures of any sizes. */
  readonly input: string;
  prepare(images: readonly Image[]): Tensor;
  /** Its output of vectors [N,D], and D. */
  readonly features: string;
  readonly width: number;
}

/** Pictures as such a network sees them: of its size, the middle of longer ones, on white. */
export const squarePixels = (
  images: readonly Image[],
  { imageChannels, imageSize }: { readonly imageChannels: number; readonly imageSize: number },
): Tensor =>
  pictureTensor(
    images.map((image) => fittedPicture(image, { width: imageSize, height: imageSize }, "crop")),
    { channels: imageChannels as 1 | 3 },
  );

/**
 * nsfwjs's MobileNetV2 before its last halving, for pictures of `size`, a multiple of 32; `path` is the classifier's folder, as
 * scripts/convert-nsfw.ts makes it. Names of its weights begin as a judge's trunk.
 */
export async function lockedMobileNet(path: string, { size }: { size: number }): Promise<LockedNetwork> {
  if (size % 32 !== 0)
    throw new RangeError(
      `Cannot use "${path}" for pictures of ${size} × ${size} pixels: it halves them five times (a multiple of 32 is wanted)`,
    );
  nsfwConfig(await readConfig(path));
  const { tensors: published } = await readSafetensors(joinPath(path, "model.safetensors"));
  const config = { imageChannels: 3, imageSize: size, trunk: { kind: "mobilenet_v2" } } as const;
  const graph = judgeFeaturesGraph(config);
  const tensors = parametersOf(graph).map(({ name }): [string, ReturnType<typeof storedTensor>] => [
    name,
    storedTensor(published, name.slice(trunkPrefix.length), path),
  ]);
  return {
    source: path,
    graph,
    tensors: new Map(tensors),
    input: "image",
    prepare: (images) => squarePixels(images, config),
    features: "features",
    width: judgeWidth(config),
  };
}

/** The image tower of a CLIP, in a folder as transformers saves it. Throws RangeError when it sees another size than the wanted one. */
export async function lockedClip(path: string, { size }: { size?: number } = {}): Promise<LockedNetwork> {
  const { config, tensors, statistics } = await readImageEncoder(path);
  if (size !== undefined && size !== config.imageSize)
    throw new RangeError(
      `Cannot use "${path}" for pictures of ${size} × ${size} pixels: it sees ${config.imageSize} × ${config.imageSize} (its own size is wanted)`,
    );
  return {
    source: path,
    graph: clipVisionGraph(config),
    tensors,
    input: "pixels",
    prepare: (images) => clipPixels(images, config.imageSize, statistics),
    features: "imageEmbeds",
    width: config.projection,
  };
}

/** What a recipe says of one. */
export interface LockedReference {
  readonly network: keyof typeof lockedNetworks;
  /** Its folder. */
  readonly path: string;
  /** Side of its pictures, in pixels. */
  readonly size: number;
}

/** The kinds that there are. */
const lockedNetworks = { mobilenet: lockedMobileNet, clip: lockedClip } as const;

/** Opens the one that `reference` names. */
export const lockedNetwork = ({ network, path, size }: LockedReference): Promise<LockedNetwork> =>
  lockedNetworks[network](path, { size });

/** Where the projection of its features to embeddings stands among the weights of the text tower that learnt to agree with it. */
export const lockedProjection = "image_projection";

/**
 * The network that the text tower in `folder`, with the config.json `published`, learnt to agree with, up to its embeddings.
 * Throws Error when it is not where it was.
 */
export async function lockedBeside(folder: string, published: PublishedConfig): Promise<LockedNetwork> {
  const tower = new ConfigReader(published.image_tower as PublishedConfig, `image tower of "${folder}"`);
  const locked = await lockedNetwork({
    network: tower.oneOf("network", Object.keys(lockedNetworks) as (keyof typeof lockedNetworks)[]),
    path: tower.string("path"),
    size: tower.number("image_size"),
  });
  const width = new ConfigReader(published, "CLIPTextModelWithProjection").number("projection_dim");
  const { tensors } = await readComponentWeights(folder);
  const features = locked.graph.outputs[locked.features];
  const embeds = linear(parameters().at(lockedProjection), features, { features: width });
  return {
    ...locked,
    source: folder,
    graph: graphOf("image_tower", { embeds }),
    tensors: new Map([...locked.tensors, ...tensors]),
    features: "embeds",
    width,
  };
}
