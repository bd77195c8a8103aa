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
import {
  liveCount,
  liveTensors,
  takes,
  weightsInput,
  weightsToTake,
  withLiveFactors,
} from "../adapters/live-factors.ts";
import type { LiveChanges } from "../adapters/live-factors.ts";
import type { ParameterAttributes } from "../graph/ops/source.ts";
import type { Device, Engine, Network, Residents } from "../runtime/engine.ts";
import { openEngine } from "../runtime/open-engine.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { companionsOf } from "./companions.ts";
import type { Companions } from "./companions.ts";
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

/** What adapters make of one network. Equal keys stand for equal values. */
export interface NetworkAdapters {
  /** Those whose factors are inputs: they come and go without loading anything. */
  readonly live?: {
    readonly key: string;
    /** Names of the weights that they change. */
    readonly parameters: ReadonlySet<string>;
    readonly changes: () => Promise<readonly LiveChanges[]>;
  };
  /** Those in the weights, which are other weights then; `remove` deletes what they were written to. */
  readonly merged?: {
    readonly key: string;
    readonly tensors: (own: StoredTensors) => Promise<{ tensors: StoredTensors; remove: () => Promise<void> }>;
  };
  /** Networks within it (hypernetworks): how its graph becomes one with them, and their tensors. */
  readonly within?: {
    readonly key: string;
    readonly graph: (own: Graph) => Graph;
    readonly tensors: StoredTensors;
  };
}

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
   * The loaded network of `part`, traced with what `tracing` names of it, with `adapters` in it; one that was traced or
   * merged otherwise makes room. Live ones take their weights as the feed `adapterWeights` [1,A], by default none of them.
   * Throws Error when the checkpoint has none, or it cannot be loaded.
   */
  get(part: Part, signal?: AbortSignal, tracing?: UNetTracing, adapters?: NetworkAdapters): Promise<Network>;
  /** Networks of other files that run beside the UNet. */
  readonly companions: Companions;
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
  const loaded = new Map<Part, LoadedPart>();

  async function closeStage(stage: string): Promise<void> {
    for (const part of loaded.keys()) if (stages[part] === stage) loaded.delete(part);
    const engine = engines.get(stage);
    engines.delete(stage);
    await (await engine)?.close();
  }

  async function engineOf(part: Part): Promise<Engine> {
    const stage = oneStage ? stages[part] : "all";
    if (oneStage) for (const other of Array.from(engines.keys())) if (other !== stage) await closeStage(other);
    const engine = engines.get(stage) ?? openEngine({ device: first.device, threads });
    engines.set(stage, engine);
    return engine;
  }

  const getNow: Networks["get"] = async (part, signal, tracing = {}, { live, merged, within } = {}) => {
    const { files, graph } = parts[part];
    if (files === undefined) throw new Error(`Cannot run the ${part} of "${checkpoint.path}": the checkpoint has none`);
    const traced = JSON.stringify([tracing, merged?.key, within?.key]);
    const known = loaded.get(part);
    const own = known?.traced === traced && takes(known.weights, live?.parameters) ? known : await loadPart(files);
    const key = live?.key ?? "";
    if (own.weights.length > 0 && own.key !== key) {
      const changes = live === undefined ? [] : await live.changes();
      const before = own.factors;
      // From here on a run with them has to come back for its own.
      own.key = own.factors = undefined;
      await before?.release();
      own.factors = await own.engine.hold(liveTensors(own.weights, changes));
      own.key = key;
    }
    return {
      ...own.network,
      async run(feeds, options) {
        // Another run may have needed its place: it comes back when it is used again.
        if (loaded.get(part) !== own || (own.weights.length > 0 && own.key !== key))
          return (await networks.get(part, signal, tracing, { live, merged, within })).run(feeds, options);
        if (own.factors === undefined) return own.network.run(feeds, options);
        const none = { [weightsInput]: tensor([1, liveCount(own.factors.dims)]) };
        return own.network.run({ ...none, ...feeds }, { ...options, residents: own.factors });
      },
    };

    async function loadPart({ tensors: plainTensors }: Pick<NetworkFiles, "tensors">): Promise<LoadedPart> {
      loaded.delete(part);
      await known?.unload();
      const engine = await engineOf(part);
      const plain = graph(tracing);
      const weights = weightsToTake(plain, { live: live?.parameters, before: known?.weights });
      const { tensors, remove } = (await merged?.tensors(plainTensors)) ?? { tensors: plainTensors };
      try {
        // First what is within: factors beside a layer see the input that it makes for it.
        const complete = within === undefined ? plain : within.graph(plain);
        const whole = weights.length === 0 ? complete : withLiveFactors(complete, weights);
        const all = within === undefined ? tensors : new Map([...tensors, ...within.tensors]);
        const network = await engine.load(whole, all, { source: checkpoint.path, signal });
        const entry: LoadedPart = {
          engine,
          network,
          traced,
          weights,
          async unload() {
            await entry.factors?.release();
            await network.unload();
            await remove?.();
          },
        };
        loaded.set(part, entry);
        return entry;
      } finally {
        // It is mapped by now; systems that do not let go of mapped files do when it is unloaded.
        await remove?.().catch(() => undefined);
      }
    }
  };

  let turn: Promise<unknown> = Promise.resolve();
  const networks: Networks = {
    device: first.device,
    notices,
    configs,
    hasPreview: preview !== undefined,
    get(...asked) {
      // One at a time: none sees what another is about to replace.
      const got = turn.then(() => getNow(...asked));
      turn = got.catch(() => undefined);
      return got;
    },
    companions: companionsOf(() => engineOf("unet")),
    async close() {
      loaded.clear();
      for (const stage of Array.from(engines.keys())) await closeStage(stage);
    },
  };
  return networks;
}

/** A network in an engine. */
interface LoadedPart {
  readonly engine: Engine;
  readonly network: Network;
  /** What it was traced and merged with. */
  readonly traced: string;
  /** The weights whose layers take factors. */
  readonly weights: readonly ParameterAttributes[];
  /** The factors in it now. */
  key?: string;
  factors?: Residents;
  unload(): Promise<void>;
}

const seamless = (graph: Graph, axes: TilingAxes | undefined): Graph =>
  axes === undefined ? graph : circularPadding(graph, axes);
const float32Bytes = ({ tensors }: NetworkFiles): number =>
  [...tensors.values()].reduce((sum, { dims }) => sum + 4 * elementCount(dims), 0);
const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(1);
