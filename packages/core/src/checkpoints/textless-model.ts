// A denoising model that takes no text, in diffusers layout: a UNet2DModel over pixels (DDPMPipeline, DDIMPipeline), or over the
// latents of an autoencoder (LDMPipeline); unconditional or by class.

import { joinPath, pathExists, readText } from "#platform";
import type { SchedulerConfigJson } from "../diffusion/from-diffusers.ts";
import type { Graph } from "../graph/graph.ts";
import { unet2dConfig } from "../models/unet2d.ts";
import type { UNet2dConfig } from "../models/unet2d.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { parsePythonJsonObject } from "../util/python-json.ts";
import { describeAutoencoder } from "./autoencoder-classes.ts";
import { readComponentWeights } from "./component-weights.ts";
import { modelHash } from "./model-hash.ts";

/** The class of its UNet. */
export const textlessClass = "UNet2DModel";

/** What turns its latents into pictures. */
export interface LatentDecoder {
  readonly path: string;
  readonly className: string;
  readonly latentChannels: number;
  /** Pixels per latent along one side. */
  readonly factor: number;
  /** Latents of the UNet = (z − shift)·scaling. */
  readonly scaling: number;
  readonly shift: number;
  /** Input `latents`, z; output `image`. */
  readonly graph: Graph;
  readonly tensors: StoredTensors;
}

/** A model's files and sizes. */
export interface TextlessModel {
  readonly path: string;
  readonly config: UNet2dConfig;
  readonly tensors: StoredTensors;
  readonly scheduler: SchedulerConfigJson;
  /** Height and width of what the UNet makes: pixels, or latents. */
  readonly size: readonly [height: number, width: number];
  /** Undefined for a model of pixels. */
  readonly decoder: LatentDecoder | undefined;
  /** Where weights of another variant were taken than were wanted. */
  readonly notes: readonly string[];
  /** The first digits of the hash of the UNet's weights. */
  hash(): Promise<string>;
}

/**
 * The model in the folder `path`; `doing` begins the messages of the Error that is thrown when it is of another kind.
 * Only headers are read.
 */
export async function readTextlessModel(
  path: string,
  { variant, doing = "open" }: { variant?: string; doing?: string } = {},
): Promise<TextlessModel> {
  const fail = (is: string, wanted: string) => new Error(`Cannot ${doing} "${path}": ${is} (${wanted})`);
  const readJson = async (file: string) => {
    const place = joinPath(path, file);
    if (!(await pathExists(place))) throw fail(`it has no ${file}`, "a folder of unet and scheduler is wanted");
    return parsePythonJsonObject(await readText(place), place);
  };
  const published = await readJson("unet/config.json");
  if (published._class_name !== textlessClass)
    throw fail(`its UNet is a ${String(published._class_name)}`, `a ${textlessClass}, which takes no text, is wanted`);
  const side = published.sample_size;
  const size = Array.isArray(side) ? side.map(Number) : [Number(side), Number(side)];
  if (size.length !== 2 || !size.every((value) => Number.isInteger(value) && value > 0))
    throw fail('its UNet has no "sample_size"', "the side of what it makes is wanted");
  const scheduler = await readJson("scheduler/scheduler_config.json");
  const unet = await readComponentWeights(joinPath(path, "unet"), { variant });
  const decoder = await readDecoder(path, variant);
  return {
    path,
    config: unet2dConfig(published),
    tensors: unet.tensors,
    scheduler,
    size: size as [number, number],
    decoder,
    notes: unet.note === undefined ? [] : [unet.note],
    hash: () => modelHash([...new Set([...unet.tensors.values()].map(({ file }) => file))]),
  };
}

/** What diffusers' pipelines call its folder: LDMPipeline one way, our own trainer and others the other. */
const decoderFolders = ["vqvae", "vae"];

async function readDecoder(model: string, variant: string | undefined): Promise<LatentDecoder | undefined> {
  for (const folder of decoderFolders) {
    const path = joinPath(model, folder);
    const configPath = joinPath(path, "config.json");
    if (!(await pathExists(configPath))) continue;
    const published = parsePythonJsonObject(await readText(configPath), configPath);
    const className = String(published._class_name);
    const described = describeAutoencoder(model, { className, config: published });
    const { latentChannels, factor, scaling, shift, decoder } = described;
    const { tensors } = await readComponentWeights(path, { variant });
    return { path, className, tensors, latentChannels, factor, scaling, shift, graph: decoder() };
  }
  return undefined;
}
