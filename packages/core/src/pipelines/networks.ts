// The networks of one checkpoint on one device: loaded when first needed, and where memory is short unloaded again.

import { freeMemoryBytes } from "#platform";
import type { Checkpoint, NetworkFiles } from "../checkpoints/checkpoint.ts";
import type { Graph } from "../graph/graph.ts";
import { autoencoderKlConfig, decoderGraph, encoderGraph } from "../models/autoencoder-kl.ts";
import type { AutoencoderKlConfig } from "../models/autoencoder-kl.ts";
import { autoencoderTinyConfig, tinyDecoderGraph } from "../models/autoencoder-tiny.ts";
import { clipTextConfig, clipTextGraph } from "../models/clip-text.ts";
import type { ClipTextConfig } from "../models/clip-text.ts";
import type { TilingAxes } from "../graph/passes/circular-padding.ts";
import { circularPadding } from "../graph/passes/circular-padding.ts";
import type { UNetConfig } from "../models/unet.ts";
import type { UNetTracing } from "../models/unet-tracing.ts";
import { tracedUNet } from "../models/unet-tracing.ts";
import { unetConfig } from "../models/unet-config.ts";
import { upscalerGraph } from "../models/upscaler.ts";
import type { UpscalerConfig } from "../models/upscaler.ts";
import type { Device, Engine, Network } from "../runtime/engine.ts";
import { openEngine } from "../runtime/open-engine.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { UpscalerFiles } from "./upscale.ts";

/** The networks a pipeline runs, by the part they play. */
export type Part = "textEncoder" | "textEncoder2" | "unet" | "preview" | "decoder" | "encoder" | "upscaler";

/** The stages of a generation; where memory is short, only one stage's networks are loaded at a time. */
const stages: Record<Part, string> = {
  textEncoder: "text",
  textEncoder2: "text",
  unet: "unet",
  preview: "unet",
  decoder: "vae",
  encoder: "vae",
  upscaler: "vae",
};

/** The networks of one checkpoint, loaded when first needed. */
export interface Networks {
  readonly device: Device;
  /** What was decided while opening, for the user. */
  readonly notices: readonly string[];
  readonly configs: {
    readonly unet: UNetConfig;
    readonly vae: AutoencoderKlConfig;
    readonly textEncoder?: ClipTextConfig;
    readonly textEncoder2?: ClipTextConfig;
    /** Of the network that enlarges the model's pictures, where it has one. */
    readonly upscaler?: UpscalerConfig;
  };
  /** Whether there is a tiny autoencoder for previews. */
  readonly hasPreview: boolean;
  /**
   * The loaded network of `part`, traced with what `tracing` names of it; one that was traced otherwise makes room.
   * Throws Error when the checkpoint has none, or it cannot be loaded.
   */
  get(part: Part, signal?: AbortSignal, tracing?: UNetTracing): Promise<Network>;
  close(): Promise<void>;
}

/** Where to run, and what to run beside the checkpoint's own networks. */
export interface OpenNetworksOptions {
  readonly device: Device | "auto";
  readonly threads?: number;
  /** A tiny autoencoder that decodes previews. */
  readonly preview?: NetworkFiles;
  /** A network that enlarges finished pictures. */
  readonly upscaler?: UpscalerFiles;
}

/** Engines and networks for `checkpoint`. Nothing is loaded yet but a first engine, which proves the device. */
export async function openNetworks(
  checkpoint: Checkpoint,
  { device, threads, preview, upscaler }: OpenNetworksOptions,
): Promise<Networks> {
  const { unet, vae, textEncoder, textEncoder2 } = checkpoint.networks;
  const textConfig = (files: NetworkFiles) =>
    clipTextConfig(files.config, { withProjection: files.className === "CLIPTextModelWithProjection" });
  const configs = {
    unet: unetConfig(unet.config),
    vae: autoencoderKlConfig(vae.config),
    ...(textEncoder && { textEncoder: textConfig(textEncoder) }),
    ...(textEncoder2 && { textEncoder2: textConfig(textEncoder2) }),
    ...(upscaler && { upscaler: upscaler.config }),
  };
  interface PartFiles {
    readonly files: Pick<NetworkFiles, "tensors"> | undefined;
    readonly graph: (tracing: UNetTracing) => Graph;
  }
  const parts: Record<Part, PartFiles> = {
    textEncoder: { files: textEncoder, graph: () => clipTextGraph(configs.textEncoder!, { replaceable: true }) },
    textEncoder2: { files: textEncoder2, graph: () => clipTextGraph(configs.textEncoder2!, { replaceable: true }) },
    unet: {
      files: unet,
      graph: (tracing) => tracedUNet(configs.unet, { pooledWidth: configs.textEncoder2?.projection, tracing }),
    },
    preview: {
      files: preview,
      graph: ({ tiling }) => seamless(tinyDecoderGraph(autoencoderTinyConfig(preview!.config)), tiling),
    },
    decoder: { files: vae, graph: ({ tiling }) => seamless(decoderGraph(configs.vae), tiling) },
    encoder: { files: vae, graph: () => encoderGraph(configs.vae) },
    upscaler: { files: upscaler, graph: () => upscalerGraph(upscaler!.config) },
  };

  const notices: string[] = [...checkpoint.notes];
  const first = await openEngine({ device, threads });
  if (first.notice !== undefined) notices.push(first.notice);
  const weightBytes = [unet, vae, textEncoder, textEncoder2].reduce(
    (sum, files) => sum + (files === undefined ? 0 : float32Bytes(files)),
    0,
  );
  const freeBytes = freeMemoryBytes();
  // The peak of loading is near the weights' own size; a quarter more leaves room for activations.
  const oneStage = freeBytes !== undefined && 1.25 * weightBytes > freeBytes;
  if (oneStage)
    notices.push(
      `weights of ${gigabytes(weightBytes)} GB against ${gigabytes(freeBytes)} GB of free memory: text encoders, UNet and autoencoder are loaded in turn`,
    );

  const engines = new Map<string, Promise<Engine>>([[oneStage ? "text" : "all", Promise.resolve(first)]]);
  const loaded = new Map<Part, { readonly network: Promise<Network>; readonly traced: string }>();

  async function closeStage(stage: string): Promise<void> {
    for (const part of loaded.keys()) if (stages[part] === stage) loaded.delete(part);
    const engine = engines.get(stage);
    engines.delete(stage);
    await (await engine)?.close();
  }

  const networks: Networks = {
    device: first.device,
    notices,
    configs,
    hasPreview: preview !== undefined,
    async get(part, signal, tracing = {}) {
      const traced = JSON.stringify(tracing);
      const known = loaded.get(part);
      if (known?.traced === traced) return known.network;
      loaded.delete(part);
      await known?.network.then((network) => network.unload()).catch(() => undefined);
      const { files, graph } = parts[part];
      if (files === undefined)
        throw new Error(`Cannot run the ${part} of "${checkpoint.path}": the checkpoint has none`);
      const stage = oneStage ? stages[part] : "all";
      if (oneStage) for (const other of Array.from(engines.keys())) if (other !== stage) await closeStage(other);
      const engine = engines.get(stage) ?? openEngine({ device: first.device, threads });
      engines.set(stage, engine);
      const network = engine
        .then((opened) => opened.load(graph(tracing), files.tensors, { source: checkpoint.path, signal }))
        .then((own): Network => ({
          ...own,
          // Another run may have needed its place: it comes back when it is used again.
          run: async (feeds, options) =>
            (loaded.get(part) === entry ? own : await networks.get(part, signal, tracing)).run(feeds, options),
        }));
      const entry = { network, traced };
      loaded.set(part, entry);
      network.catch(() => loaded.get(part) === entry && loaded.delete(part));
      return network;
    },
    async close() {
      loaded.clear();
      for (const stage of Array.from(engines.keys())) await closeStage(stage);
    },
  };
  return networks;
}

const seamless = (graph: Graph, axes: TilingAxes | undefined): Graph =>
  axes === undefined ? graph : circularPadding(graph, axes);
const float32Bytes = ({ tensors }: NetworkFiles): number =>
  [...tensors.values()].reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
