// The model's worker: the whole pipeline beside the page's thread. The networks run in a worker of its own, the engine's.

import { diffusionFromDiffusers } from "@noisette/core/diffusion/from-diffusers";
import { formatInfotext } from "@noisette/core/image/infotext";
import { pngBytes } from "@noisette/core/image/png";
import { infotextFields } from "@noisette/core/metadata/infotext-fields";
import { formatRecord, recordKeyword } from "@noisette/core/metadata/saved-record";
import { autoencoderKlConfig } from "@noisette/core/models/autoencoder-kl";
import { stepsFor } from "@noisette/core/pipelines/model-defaults";
import { load } from "@noisette/core/pipelines/model";
import type { Model } from "@noisette/core/pipelines/model";
import { parseOptions } from "@noisette/core/pipelines/options";
import { mountBlob } from "@noisette/core/platform/web";
import { setWasmFile } from "@noisette/core/runtime/ort-web";
import { keptFiles } from "./fetch-kept.ts";
import type { AnswerMessage, CallMessage, Calls, ModelFacts } from "./protocol.ts";

type Handler<K extends keyof Calls> = (
  takes: Calls[K]["takes"],
  run: { readonly signal: AbortSignal; readonly tell: (value: Calls[K]["tells"]) => void },
) => Promise<Calls[K]["gives"]>;

let opened: Model | undefined;

const handlers: { readonly [K in keyof Calls]: Handler<K> } = {
  async open({ name, files, runtime, device }, { signal, tell }) {
    const all = [runtime, ...files];
    const kept = await keptFiles(`noisette ${new URL("./", location.href).pathname}`);
    const totalBytes = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    let receivedBytes = 0;
    const get = (file: (typeof all)[number]) =>
      kept.get(file, (bytes) => {
        receivedBytes += bytes;
        tell({ receivedBytes, totalBytes });
      });
    const [program, ...blobs] = await Promise.all(all.map(get));
    await kept.forgetOthers(all);
    setWasmFile(URL.createObjectURL(new Blob([program], { type: "application/wasm" })));
    files.forEach(({ path }, i) => mountBlob(`${name}/${path}`, blobs[i]));
    opened = await load(name, { device, signal });
    return factsOf(opened, kept.isLasting);
  },
  async generate({ options, ...inputs }, { signal, tell }) {
    for await (const event of model().generate({ ...options, ...inputs, signal } as Parameters<Model["generate"]>[0]))
      tell(event);
    return undefined;
  },
  encode: ({ image }, { signal }) => model().encode(image, { signal }),
  decode: ({ latents }, { signal }) => model().decode(latents, { signal }),
  async png({ image, record }) {
    const { prompt, negativePrompt } = record.options;
    const parameters = formatInfotext({
      prompt: [prompt].flat()[0],
      negativePrompt: [negativePrompt ?? ""].flat()[0],
      fields: infotextFields(record),
    });
    return pngBytes(image, { parameters, [recordKeyword]: formatRecord(record, { model: record.model.name }) });
  },
};

function model(): Model {
  if (opened === undefined) throw new Error("Cannot run the model: it is not open");
  return opened;
}

function factsOf({ checkpoint, device, notices }: Model, isKept: boolean): ModelFacts {
  const { networks, scheduler, prediction, preferences } = checkpoint;
  const { factor, latentChannels, imageChannels } = autoencoderKlConfig(networks.vae.config);
  const side = Number(networks.unet.config.sample_size ?? 64);
  return {
    device,
    notices,
    isKept,
    prediction,
    discretization: diffusionFromDiffusers({ ...scheduler, prediction_type: prediction }).discretization,
    latentDims: [1, latentChannels, side, side],
    factor,
    channels: imageChannels === 4 ? 4 : 3,
    steps: stepsFor(parseOptions({ prompt: "" }), checkpoint),
    guidanceScale: preferences.guidanceScale ?? 7.5,
  };
}

const running = new Map<number, AbortController>();

addEventListener("message", async ({ data }: MessageEvent<CallMessage>) => {
  const { id } = data;
  if (data.kind === "cancel") return running.get(id)?.abort();
  const stop = new AbortController();
  running.set(id, stop);
  const answer = (message: AnswerMessage) => postMessage(message);
  try {
    const handler = handlers[data.kind] as Handler<keyof Calls>;
    const value = await handler(data.takes as never, {
      signal: stop.signal,
      tell: (told) => answer({ id, kind: "tells", value: told }),
    });
    answer({ id, kind: "gives", value });
  } catch (error) {
    answer({ id, kind: "fails", message: error instanceof Error ? error.message : String(error) });
  } finally {
    running.delete(id);
  }
});
