// The IP-Adapters that a run asks for: opened with their image encoders, and held against the model.

import { joinPath, parentFolder, pathExists } from "#platform";
import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { readImageEncoder } from "../checkpoints/image-encoder.ts";
import type { ImageEncoderFiles } from "../checkpoints/image-encoder.ts";
import { ipAdapterConfig } from "../checkpoints/names/ip-adapter.ts";
import { readWeights } from "../checkpoints/weights-file.ts";
import { textAttentions } from "../graph/passes/image-attention.ts";
import type { Image } from "../image/image.ts";
import type { IpAdapterConfig } from "../models/ip-adapter.ts";
import { unetGraph } from "../models/unet.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { IpAdapterOption } from "./ip-adapter-options.ts";
import type { Networks } from "./networks.ts";

/** An IP-Adapter that fits the model, and its pictures. */
export interface OpenIpAdapter {
  readonly option: IpAdapterOption;
  readonly images: readonly Image[];
  readonly config: IpAdapterConfig;
  readonly tensors: StoredTensors;
  readonly encoder: ImageEncoderFiles;
}

/** What IP-Adapters are held against. */
interface PromptedModel {
  readonly checkpoint: Pick<Checkpoint, "path">;
  readonly configs: Networks["configs"];
}

/**
 * The IP-Adapters that `options` name. Throws Error when one is for another architecture or without an image encoder, TypeError
 * when it has no pictures.
 */
export async function openIpAdapters(
  options: readonly IpAdapterOption[],
  {
    images = [],
    model,
  }: { readonly images?: readonly (readonly Image[] | undefined)[]; readonly model: PromptedModel },
): Promise<readonly OpenIpAdapter[]> {
  const adapters: OpenIpAdapter[] = [];
  for (const [i, option] of options.entries()) {
    const { path } = option;
    const own = images[i] ?? [];
    if (own.length === 0) throw new TypeError(`Cannot use "${path}" without a picture (images are wanted)`);
    const { tensors } = await readWeights(path);
    const config = ipAdapterConfig(tensors, path);
    const why = whyNot(config, model);
    if (why !== undefined) throw new Error(`Cannot use "${path}" with "${model.checkpoint.path}": ${why}`);
    adapters.push({ option, images: own, config, tensors, encoder: await encoderFor(option, config) });
  }
  return adapters;
}

/** Models by the width of their text. */
const families: Readonly<Record<number, string>> = { 768: " (SD 1)", 1024: " (SD 2)", 2048: " (SDXL)" };

function whyNot(config: IpAdapterConfig, { configs }: PromptedModel): string | undefined {
  const pooledWidth = configs.textEncoder2?.projection;
  const ours = textAttentions(unetGraph(configs.unet, { pooledWidth })).map(({ width }) => width);
  const { contextWidth } = configs.unet;
  const sizes = (count: number, width: number) => `${count} attentions to text of ${width}${families[width] ?? ""}`;
  if (config.contextWidth !== contextWidth || config.layers.length !== ours.length)
    return `it is an IP-Adapter for a UNet of ${sizes(config.layers.length, config.contextWidth)}, the model's has ${sizes(ours.length, contextWidth)}`;
  const strange = ours.findIndex((width, i) => width !== config.layers[i]);
  return strange < 0
    ? undefined
    : `its keys for attention ${strange + 1} have width ${config.layers[strange]}, the model's ${ours[strange]}`;
}

/** The image encoder that is named, or else the first one near the adapter whose width fits: as the published repository has them. */
async function encoderFor(
  { path, encoder: named }: IpAdapterOption,
  { imageWidth, projection }: IpAdapterConfig,
): Promise<ImageEncoderFiles> {
  const folder = parentFolder(path);
  const near = [
    joinPath(folder, "image_encoder"),
    joinPath(folder, "..", "models", "image_encoder"),
    joinPath(folder, "..", "image_encoder"),
  ];
  const seen: string[] = [];
  for (const place of named === undefined ? near : [named]) {
    if (named === undefined && !(await pathExists(joinPath(place, "config.json")))) continue;
    const encoder = await readImageEncoder(place);
    const { width, projection: embedding } = encoder.config;
    const made = projection.kind === "linear" ? embedding : width;
    if (made === imageWidth) return encoder;
    seen.push(`"${place}" makes ${made}`);
  }
  const wanted = `${projection.kind === "linear" ? "embeddings" : "states"} of width ${imageWidth}`;
  const known = { 1024: ": CLIP ViT-H", 1280: projection.kind === "linear" ? ": CLIP ViT-bigG" : ": CLIP ViT-H" }[
    imageWidth
  ];
  throw new Error(
    `Cannot use "${path}": ${seen.join(", ") || "there is no image encoder beside it"} (a folder "image_encoder", or encoder, with a CLIP that makes ${wanted}${known ?? ""} is wanted)`,
  );
}
