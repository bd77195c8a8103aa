// Networks whose features pictures are compared by. Figures of different networks cannot be compared, so each says what
// its Fréchet distance is called.

import { readConfig } from "../checkpoints/image-encoder.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { inceptionPixels } from "../image/inception-pixels.ts";
import type { InceptionInput } from "../image/inception-pixels.ts";
import { inceptionV3Graph } from "../models/inception-v3.ts";
import { judgeWidth } from "../models/judge.ts";
import { storedTensor } from "../safetensors/weights.ts";
import { lockedBeside, lockedClip, squarePixels } from "../training/locked-networks.ts";
import type { LockedNetwork } from "../training/locked-networks.ts";
import { readJudge } from "./judge-files.ts";

/** A network that makes features of pictures. */
export interface FeatureNetwork extends Omit<LockedNetwork, "features"> {
  /** What the Fréchet distance on its features is called: FID with the published Inception only. */
  readonly distance: string;
  /** Its outputs: feature vectors [N,D], and scores [N,K] of what there is to tell apart, where it does that. */
  readonly outputs: { readonly features: string; readonly logits?: string; readonly styles?: string };
}

/** The kinds of feature networks, each opened from a path. */
const kinds: Readonly<Record<string, (path: string) => Promise<FeatureNetwork>>> = {
  inception: (path) => inception(path, "pytorch-fid"),
  "inception-torch-fidelity": (path) => inception(path, "torch-fidelity"),
  judge,
  clip,
};

/** Names of the kinds, for people. */
export const featureNetworkKinds: readonly string[] = Object.keys(kinds);

/** The network that `reference` names: its kind, a colon and its path. Throws Error when there is none of that kind or its files cannot be read. */
export async function readFeatureNetwork(reference: string): Promise<FeatureNetwork> {
  const colon = reference.indexOf(":");
  const [kind, path] = [reference.slice(0, Math.max(colon, 0)), reference.slice(colon + 1)];
  if (!Object.hasOwn(kinds, kind) || path === "") {
    throw new RangeError(
      `Cannot open feature network "${reference}": it is of no known kind (${featureNetworkKinds.map((name) => `${name}:PATH`).join(", ")})`,
    );
  }
  return kinds[kind](path);
}

/** Channels of the published network's first layer, and its feature vectors. */
const published = { stem: 32, width: 2048 };

/** Weights with torchvision's names: pt_inception-2015-12-05 of pytorch-fid and torch-fidelity. */
async function inception(path: string, as: InceptionInput): Promise<FeatureNetwork> {
  const { tensors } = await readWeights(path);
  const [stem] = storedTensor(tensors, "Conv2d_1a_3x3.conv.weight", path).dims;
  const [classes, width] = storedTensor(tensors, "fc.weight", path).dims;
  const isPublished = stem === published.stem && width === published.width;
  const prepared = as === "pytorch-fid" ? "" : ` (pictures as in ${as})`;
  return {
    distance: (isPublished ? "FID" : "Fréchet distance on a smaller Inception") + prepared,
    width,
    source: path,
    graph: inceptionV3Graph({ width: stem / published.stem, classes }),
    tensors,
    input: "pixels",
    prepare: (images) => inceptionPixels(images, as),
    // The Inception score is taken of the scores without bias, as its first program did.
    outputs: { features: "features", logits: "logitsUnbiased" },
  };
}

/** A judge that `noisette train` or `noisette evaluate judge` made. */
async function judge(path: string): Promise<FeatureNetwork> {
  const { config, graph, tensors } = await readJudge(path);
  return {
    distance: "FD-judge",
    width: judgeWidth(config),
    source: path,
    graph,
    tensors,
    input: "image",
    prepare: (images) => squarePixels(images, config),
    outputs: { features: "features", logits: "concepts", styles: "styles" },
  };
}

/** The image tower of a CLIP, in a folder as transformers saves it, or what a text tower of ours learnt to agree with. */
async function clip(path: string): Promise<FeatureNetwork> {
  const published = await readConfig(path);
  const tower = published.image_tower === undefined ? lockedClip(path) : lockedBeside(path, published);
  return comparing(await tower, "Fréchet distance on CLIP");
}

/** A locked network as one that pictures are compared by. */
export const comparing = ({ features, ...network }: LockedNetwork, distance: string): FeatureNetwork => ({
  ...network,
  distance,
  outputs: { features },
});
