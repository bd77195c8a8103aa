// A loaded model that takes no text: pictures of what it learnt, of one class or of all, from pixels or from latents.

import { resolveModel } from "../checkpoints/hub.ts";
import { readTextlessModel } from "../checkpoints/textless-model.ts";
import type { TextlessModel } from "../checkpoints/textless-model.ts";
import type { Graph } from "../graph/graph.ts";
import type { Image } from "../image/image.ts";
import { imagesFromTensor } from "../image/pixels.ts";
import { unet2dGraph } from "../models/unet2d.ts";
import type { Device, Engine, Network } from "../runtime/engine.ts";
import { openEngine } from "../runtime/open-engine.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { concatenate } from "../util/concatenate.ts";
import { version } from "../util/version.ts";
import { generation } from "./generation.ts";
import type { Generation } from "./generation.ts";
import type { LoadModelOptions } from "./model.ts";
import { modelName } from "./model-name.ts";
import { pictureNoise } from "./noise.ts";
import { parseSampleOptions } from "./sample-options.ts";
import type { ResolvedSampleOptions, SampleOptions } from "./sample-options.ts";
import { sampleUnet2d } from "./sample-unet2d.ts";
import type { SampleEvent } from "./textless-events.ts";
import { dataChannels, stepsFor, textlessPlan, wantedClasses } from "./textless-rules.ts";

/** Inputs of one run that are not plain data. */
export interface SampleInputs {
  readonly signal?: AbortSignal;
  /** Which pictures of the run to make, by number; all by default. */
  readonly pictures?: readonly number[];
}

/** A model that is open on a device. Its networks load when first needed. */
export interface OpenTextlessModel {
  readonly model: TextlessModel;
  readonly device: Device;
  /** What was chosen while loading, in sentences for the user. */
  readonly notices: readonly string[];
  /** Makes pictures. Iterate it for events, or await it for the pictures. Throws RangeError on options out of range. */
  sample(options?: SampleOptions & SampleInputs): Generation<SampleEvent>;
  /** Gives back its memory. */
  close(): Promise<void>;
}

/**
 * Opens a model in diffusers layout that takes no text: a folder, or a Hugging Face Hub id. Throws Error when it cannot be
 * found or read or is of another kind, or the device cannot be opened.
 */
export async function openTextlessModel(
  idOrPath: string,
  {
    device = "auto",
    threads,
    revision,
    variant,
    signal,
    onDownload,
  }: Pick<LoadModelOptions, "device" | "threads" | "revision" | "variant" | "signal" | "onDownload"> = {},
): Promise<OpenTextlessModel> {
  const path = await resolveModel(idOrPath, { revision, variant, signal, onProgress: onDownload });
  const model = await readTextlessModel(path, { variant });
  dataChannels(model); // what cannot run needs no engine to say so
  const engine = await openEngine({ device, threads });
  return { ...textlessModelOn(engine, model), close: () => engine.close() };
}

/** `model` on an engine that others use too: closing it unloads its networks. Throws Error when it needs more than noise to start. */
export function textlessModelOn(engine: Engine, model: TextlessModel): OpenTextlessModel {
  const { path } = model;
  const channels = dataChannels(model);
  const notices = [...model.notes, ...(engine.notice === undefined ? [] : [engine.notice])];
  const load = (graph: Graph, tensors: StoredTensors) => engine.load(graph, tensors, { source: path });
  let unet: Promise<Network> | undefined;
  let decoder: Promise<Network> | undefined;

  async function decode(latents: Tensor, stop: AbortSignal): Promise<Image[]> {
    if (model.decoder === undefined) return imagesFromTensor(latents);
    const { scaling, shift, graph, tensors } = model.decoder;
    // Divided and added in float32, as torch does.
    const z = latents.data.map((value) => Math.fround(value / Math.fround(scaling)) + shift);
    const network = await (decoder ??= load(graph, tensors));
    const { image } = await network.run({ latents: tensor(latents.dims, z) }, { outputs: ["image"], signal: stop });
    return imagesFromTensor(image);
  }

  async function run(
    asked: ResolvedSampleOptions,
    {
      pictures,
      emit,
      stop,
    }: { pictures: SampleInputs["pictures"]; emit: (event: SampleEvent) => void; stop: AbortSignal },
  ): Promise<void> {
    const classes = wantedClasses(model, asked);
    const seed = asked.seed ?? Math.floor(Math.random() * 2 ** 32);
    const options = { ...asked, seed, steps: stepsFor(model, asked) };
    const plan = textlessPlan(model, options);
    const total = (classes?.length ?? 1) * options.count;
    const chosen = pictures ?? Array.from({ length: total }, (_, i) => i);
    const outside = chosen.find((picture) => !(picture >= 0 && picture < total));
    if (outside !== undefined) throw new RangeError(`Cannot sample: picture ${outside} is not one of ${total}`);
    for (const text of [...notices, ...plan.warnings]) emit({ kind: "notice", text });
    const steps = plan.timesteps.length;
    emit({ kind: "start", pictures: chosen.length, steps, device: engine.device });

    const [height, width] = model.size;
    const hash = await model.hash();
    const network = await (unet ??= load(unet2dGraph(model.config), model.tensors));
    // A Brownian path is one picture's own.
    const batchSize = plan.noise === "brownian" ? 1 : options.batchSize;
    const started = performance.now();
    for (let first = 0; first < chosen.length; first += batchSize) {
      stop.throwIfAborted();
      const numbers = chosen.slice(first, first + batchSize);
      const batchOf = (number: number) => (options.seeding === "batch" ? { index: number, size: total } : undefined);
      const seedOf = (number: number) => (options.seeding === "batch" ? seed : seed + number);
      const labelOf = (number: number) => classes?.[Math.floor(number / options.count)];
      const draws = numbers.map((number) =>
        pictureNoise({ seed: seedOf(number), rng: options.rng, batch: batchOf(number) }),
      );
      let stepStart = performance.now();
      const latents = await sampleUnet2d(network, plan, {
        dims: [numbers.length, channels, height, width],
        noise: () => concatenate(draws.map((draw) => draw([1, channels, height, width]))),
        ...(classes && { labels: numbers.map((number) => labelOf(number)!) }),
        ...(options.guidanceScale !== 1 && {
          guidance: { scale: options.guidanceScale, none: model.config.classes! - 1 },
        }),
        signal: stop,
        onStep({ step, sigma }) {
          const now = performance.now();
          const done = first * steps + (step + 1) * numbers.length;
          emit({
            kind: "step",
            picture: numbers[0],
            step: step + 1,
            steps,
            sigma,
            stepMs: now - stepStart,
            remainingMs: ((now - started) / done) * Math.max(chosen.length * steps - done, 0),
          });
          stepStart = now;
        },
      });
      const images = await decode(latents, stop);
      numbers.forEach((number, i) => {
        const batch = batchOf(number);
        const one = { ...options, seed: seedOf(number), count: 1, ...(classes && { classes: [labelOf(number)!] }) };
        const image = images[i];
        const size = elementCount(latents.dims) / numbers.length;
        emit({
          kind: "image",
          picture: number,
          seed: seedOf(number),
          image,
          latents: tensor([1, channels, height, width], latents.data.slice(i * size, (i + 1) * size)),
          record: {
            version,
            model: { name: modelName(path), path, hash },
            device: engine.device,
            sampler: plan.sampler,
            options: batch === undefined ? one : options,
            ...(batch && { batch }),
            width: image.width,
            height: image.height,
          },
        });
      });
    }
  }

  return {
    model,
    device: engine.device,
    notices,
    sample({ signal: outer, pictures, ...written } = {}) {
      const asked = parseSampleOptions(written);
      return generation<SampleEvent>((emit, stop) => run(asked, { pictures, emit, stop }), outer);
    },
    async close() {
      for (const network of [unet, decoder]) await (await network)?.unload();
    },
  };
}
