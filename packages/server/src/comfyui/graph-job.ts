// A graph as a job of ours: the settings are read as from a picture that holds the graph; pictures are named by its nodes.

import type { Image } from "@noisette/core";
import { linked, parseGraph, valueOf } from "@noisette/core/metadata/comfyui-graph";
import type { Graph, GraphNode, Link } from "@noisette/core/metadata/comfyui-graph";
import { passesOf, walk } from "@noisette/core/metadata/comfyui-passes";
import { readComfyui } from "@noisette/core/metadata/comfyui";
import { emptyDraft } from "@noisette/core/metadata/found-settings";
import { imageFromMask, invertMask } from "@noisette/core/image/mask";
import type { Mask } from "@noisette/core/image/mask";
import { withChannels } from "@noisette/core/image/channels";
import { pngBytes } from "@noisette/core/image/png";
import { resizeImage } from "@noisette/core/image/resize";
import type { GenerateOptions } from "@noisette/core/pipelines/options";
import { networkTags } from "@noisette/core/prompts/network-tags";
import { placed } from "@noisette/core/prompts/placed-text";
import { refuse } from "../guard/refuse.ts";
import type { JobRequest } from "../schema/job-request.ts";
import { modelNamed } from "../models/model-names.ts";
import type { Services } from "../services.ts";
import { dataUrl, decodePicture } from "../store/picture-bytes.ts";
import { alphaOf } from "../store/transparency.ts";

/** Steps between previews: decoding one may take longer than a step. */
const previewEvery = 10;

/** A graph ready to run. */
export interface GraphJob {
  readonly request: JobRequest;
  /** The nodes that save or show its pictures. */
  readonly outputs: readonly GraphNode[];
  /** The node that steps are told of. */
  readonly sampler: string;
}

/** The graph in JSON `text` as a job; `fileOf` gives the files that LoadImage names. Throws a problem on what is not served. */
export async function graphJob(
  text: string,
  { services, fileOf }: { readonly services: Services; readonly fileOf: (name: string) => Promise<Uint8Array> },
): Promise<GraphJob> {
  const graph = parseGraph(text);
  const settings = readComfyui(text);
  if (graph === undefined || settings === undefined)
    throw refuse("bad-request", "Cannot run the graph: it has no sampler that a picture is saved of");
  // All pictures of a batch are wanted here.
  const missing = settings.notReproduced.filter((what) => !what.startsWith("which picture of its batch"));
  if (missing.length > 0) throw refuse("bad-request", `Cannot run the graph: not served is ${missing.join("; ")}`);

  const [{ pass }] = passesOf(graph, emptyDraft());
  const outputs = outputsOf(graph);
  const model = await modelNamed(services, settings.model?.name);
  const refiner = settings.refiner && (await modelNamed(services, settings.refiner.name));
  const { networks } = networkTags(placed(settings.networks.join("")));
  const loras = networks.flatMap((tag) =>
    tag.kind === "lora" ? [{ name: tag.name, weight: tag.unet as number, textWeight: tag.textEncoder }] : [],
  );
  const start = settings.init === undefined ? {} : await startOf(graph, pass.latents, { services, fileOf });
  const { options: shape = {}, ...pictures } = start;
  const options = { ...shape, ...settings.options, ...(loras.length > 0 && { loras }) } as GenerateOptions;
  return {
    request: {
      task: "generate",
      model: model.id,
      ...(refiner !== undefined && { refiner: refiner.id }),
      ...pictures,
      previewEvery,
      options,
    },
    outputs,
    sampler: pass.node.id,
  };
}

/** The nodes that save or show the picture that is made. Throws a problem where they are of several. */
function outputsOf(graph: Graph): GraphNode[] {
  const outputs = [...graph.values()].filter(({ type }) => type === "SaveImage" || type === "PreviewImage");
  const [source, ...others] = new Set(outputs.map((node) => linked(graph, node, "images")?.node));
  if (source !== undefined && others.length === 0) return outputs;
  throw refuse(
    "bad-request",
    "Cannot run the graph: it saves or shows pictures of several nodes (those of one are served)",
  );
}

interface Start {
  readonly init?: string;
  readonly mask?: string;
  readonly options?: Pick<GenerateOptions, "width" | "height" | "fit">;
}

interface Files {
  readonly services: Services;
  readonly fileOf: (name: string) => Promise<Uint8Array>;
}

/** The picture that the first pass starts from and its mask, as ComfyUI makes them ready. */
async function startOf(graph: Graph, latents: Link | undefined, files: Files): Promise<Start> {
  const { path, end } = walk(graph, latents)!;
  if (end.type !== "LoadImage")
    throw refuse("bad-request", `Cannot run the graph: it starts from node ${end.id}, ${end.type}`);
  const picture = await imageOf(graph, end, files);
  const encoder = path.find(({ type }) => type === "SetLatentNoiseMask" || type === "VAEEncodeForInpaint");
  const mask = encoder && fitted(await maskOf(graph, linked(graph, encoder, "mask"), files), picture);
  // What is painted is grey before it is encoded, where the encoder is the one for that.
  const shown = mask && encoder.type === "VAEEncodeForInpaint" ? greyUnder(picture, mask) : picture;
  // Its encoder cuts pictures to multiples of 8, around their middle.
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(8, Math.floor(side / 8) * 8));
  return {
    init: dataUrl(await pngBytes(withChannels(shown, 3))),
    ...(mask !== undefined && { mask: dataUrl(await pngBytes(imageFromMask(mask))) }),
    options: { width, height, fit: "crop" },
  };
}

async function imageOf(graph: Graph, node: GraphNode, { services, fileOf }: Files): Promise<Image> {
  return decodePicture(await fileOf(String(valueOf(graph, node, "image"))), services.limits);
}

/** LoadImage's mask is what is not seen of the picture; LoadImageMask's is a channel, the alpha turned round likewise. */
async function maskOf(graph: Graph, link: Link | undefined, files: Files): Promise<Mask> {
  const node = link?.node;
  if (node === undefined || !["LoadImage", "LoadImageMask"].includes(node.type))
    throw refuse(
      "bad-request",
      `Cannot run the graph: its mask is of ${node?.type ?? "no node"} (LoadImage is wanted)`,
    );
  const image = await imageOf(graph, node, files);
  const channel = node.type === "LoadImage" ? "alpha" : String(valueOf(graph, node, "channel"));
  if (channel === "alpha") return invertMask(alphaOf(image));
  const at = ["red", "green", "blue"].indexOf(channel);
  const { width, height, channels, data } = image;
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => data[channels * i + at]) };
}

function fitted(mask: Mask, { width, height }: Image): Mask {
  if (mask.width === width && mask.height === height) return mask;
  const resized = resizeImage(imageFromMask(mask), { width, height, filter: "bilinear" });
  return { width, height, data: Uint8Array.from({ length: width * height }, (_, i) => resized.data[3 * i]) };
}

function greyUnder(image: Image, mask: Mask): Image {
  const data = image.data.slice();
  for (let i = 0; i < mask.data.length; i++)
    if (mask.data[i] >= 128) data.fill(128, image.channels * i, image.channels * i + 3);
  return { ...image, data };
}
