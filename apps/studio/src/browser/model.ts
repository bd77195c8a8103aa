// The bundled model in this browser: its worker, started when it is first wanted, and what can be asked of it.

import { signal } from "@preact/signals";
import { files, isPractice, name, runtime } from "virtual:bundled-model";
import type { GenerateEvent, ImageEvent } from "@noisette/core/pipelines/events";
import type { Image } from "@noisette/core/image/image";
import type { Tensor } from "@noisette/core/tensor/tensor";
import type { AnswerMessage, CallMessage, Calls, ModelFacts, OpenProgress } from "./protocol.ts";

export { isPractice };

/** How far the model is. */
export type ModelState =
  | { readonly kind: "idle" }
  | ({ readonly kind: "loading" } & OpenProgress)
  | { readonly kind: "ready"; readonly facts: ModelFacts }
  | { readonly kind: "failed"; readonly error: unknown };

/** The bytes of the model and what runs it. */
export const totalBytes = [runtime, ...files].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);

/** How far it is now. */
export const modelState = signal<ModelState>({ kind: "idle" });

interface Waiting {
  readonly tell: (value: never) => void;
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

let worker: Worker | undefined;
let opening: Promise<ModelFacts> | undefined;
let lastId = 0;
const waiting = new Map<number, Waiting>();

/** Opens the model, once; a failed opening is tried again by the next call. Rejects with what went wrong. */
export function openModel(): Promise<ModelFacts> {
  opening ??= open().catch((error: unknown) => {
    opening = undefined;
    stopWorker(error as Error);
    modelState.value = { kind: "failed", error };
    throw error;
  });
  return opening;
}

async function open(): Promise<ModelFacts> {
  modelState.value = { kind: "loading", receivedBytes: 0, totalBytes };
  startWorker();
  const facts = await call(
    "open",
    { name, files, runtime, device: "auto" },
    { tell: (progress) => (modelState.value = { kind: "loading", ...progress }) },
  );
  modelState.value = { kind: "ready", facts };
  return facts;
}

/** Makes pictures: `tell` is told every event. Gives the finished pictures. */
export async function generate(
  takes: Calls["generate"]["takes"],
  { tell, signal }: { readonly tell?: (event: GenerateEvent) => void; readonly signal?: AbortSignal } = {},
): Promise<readonly (ImageEvent & { readonly image: Image })[]> {
  await openModel();
  const images: (ImageEvent & { readonly image: Image })[] = [];
  await call("generate", takes, {
    signal,
    tell(event) {
      if (event.kind === "image" && event.image !== undefined) images.push({ ...event, image: event.image });
      tell?.(event);
    },
  });
  return images;
}

/** The latents [1,C,h,w] of a picture. */
export const encode = (image: Image, signal?: AbortSignal): Promise<Tensor> =>
  openModel().then(() => call("encode", { image }, { signal }));

/** The picture of latents [1,C,h,w]. */
export const decode = (latents: Tensor, signal?: AbortSignal): Promise<Image> =>
  openModel().then(() => call("decode", { latents }, { signal }));

/** A PNG file of a finished picture, with how it was made. */
export const pngOf = ({ image, record }: ImageEvent & { readonly image: Image }): Promise<Uint8Array> =>
  openModel().then(() => call("png", { image, record }));

function startWorker(): void {
  worker = new Worker(new URL("./model-worker.ts", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data }: MessageEvent<AnswerMessage>) => {
    const asked = waiting.get(data.id);
    if (asked === undefined) return;
    if (data.kind === "tells") return asked.tell(data.value as never);
    waiting.delete(data.id);
    if (data.kind === "gives") asked.resolve(data.value as never);
    else asked.reject(new Error(data.message));
  });
  worker.addEventListener("error", ({ message }) =>
    stopWorker(new Error(`Cannot run the model: its worker stopped: ${message ?? "its script did not load"}`)),
  );
}

function stopWorker(reason: Error): void {
  worker?.terminate();
  worker = undefined;
  for (const { reject } of waiting.values()) reject(reason);
  waiting.clear();
}

function call<K extends keyof Calls>(
  kind: K,
  takes: Calls[K]["takes"],
  { tell = () => undefined, signal }: { tell?: (value: Calls[K]["tells"]) => void; signal?: AbortSignal } = {},
): Promise<Calls[K]["gives"]> {
  signal?.throwIfAborted();
  const id = ++lastId;
  const send = (message: CallMessage) => worker?.postMessage(message, []);
  return new Promise<Calls[K]["gives"]>((resolve, reject) => {
    waiting.set(id, { tell, resolve, reject });
    signal?.addEventListener("abort", () => {
      if (!waiting.delete(id)) return;
      send({ id, kind: "cancel" });
      reject(signal.reason);
    });
    send({ id, kind, takes } as CallMessage);
  });
}
