// Image models of a server for the `ai` package: `generateImage({ model: noisette({ baseURL }).image("tiny"), prompt })`. Follows
// its image model specification, version 3, by form alone: nothing of that package is imported.
//
// `providerOptions.noisette` are options of ours by name, `{ steps: 20, sampler: "euler" }`.

import { connect } from "./client.ts";
import type { ConnectOptions } from "./client.ts";
import type { JobRequest } from "./schema/job-request.ts";

/** Where the server is. */
export interface ProviderOptions extends ConnectOptions {
  readonly baseURL: string;
}

/** A file of the package: its bytes or base64, or where it is. */
type PictureInput =
  | { readonly type: "file"; readonly mediaType: string; readonly data: string | Uint8Array }
  | { readonly type: "url"; readonly url: string };

/** What a model is asked. */
interface CallOptions {
  readonly prompt: string | undefined;
  readonly n: number;
  readonly size: `${number}x${number}` | undefined;
  readonly aspectRatio: `${number}:${number}` | undefined;
  readonly seed: number | undefined;
  readonly files: PictureInput[] | undefined;
  readonly mask: PictureInput | undefined;
  readonly providerOptions: Readonly<Record<string, object>>;
  readonly abortSignal?: AbortSignal;
}

/** Something that was asked for and cannot be had, or something to know. */
type Warning =
  | { readonly type: "unsupported"; readonly feature: string; readonly details?: string }
  | { readonly type: "other"; readonly message: string };

/** What a model gives. */
interface CallResult {
  images: Uint8Array[];
  warnings: Warning[];
  providerMetadata: { noisette: { images: { id: string; seed: number | null }[] } };
  response: { timestamp: Date; modelId: string; headers: undefined };
}

/** A model of the server, as the package's specification has it. */
export interface ServedImageModel {
  readonly specificationVersion: "v3";
  readonly provider: string;
  readonly modelId: string;
  readonly maxImagesPerCall: number;
  doGenerate(options: CallOptions): Promise<CallResult>;
}

/** The models of a server. */
export interface Provider {
  /** The model with this id; without one, the server's default. */
  image(id?: string): ServedImageModel;
  /** The same, by the name that registries of providers look for. */
  imageModel(id: string): ServedImageModel;
}

const most = 100;

/** The models of the server at `baseURL`. Nothing is sent yet. */
export function noisette({ baseURL, ...options }: ProviderOptions): Provider {
  const client = connect(baseURL, options);

  async function doGenerate(id: string, call: CallOptions): Promise<CallResult> {
    const { request, warnings } = await requestOf(id, call);
    const { abortSignal: signal } = call;
    const job = await client.createJob(request, { signal });
    const metadata: CallResult["providerMetadata"]["noisette"]["images"] = [];
    const images: Uint8Array[] = [];
    try {
      for await (const event of client.watchJob(job.id, { signal })) {
        if (event.kind === "notice") warnings.push({ type: "other", message: event.text });
        if (event.kind === "failed") throw new Error(event.error.detail);
        if (event.kind === "cancelled") throw new Error(`Cannot give the pictures: the job "${job.id}" was cancelled`);
        if (event.kind !== "image") continue;
        const file = await client.imageFile(event.image.id);
        images.push(new Uint8Array(await file.arrayBuffer()));
        metadata.push({ id: event.image.id, seed: event.image.seed });
      }
    } catch (error) {
      if (signal?.aborted) await client.cancelJob(job.id);
      throw error;
    }
    const response = { timestamp: new Date(), modelId: id, headers: undefined };
    return { images, warnings, providerMetadata: { noisette: { images: metadata } }, response };
  }

  const image = (id = ""): ServedImageModel => ({
    specificationVersion: "v3",
    provider: "noisette",
    modelId: id,
    maxImagesPerCall: most,
    doGenerate: (call) => doGenerate(id, call),
  });
  return { image, imageModel: image };
}

async function requestOf(id: string, call: CallOptions): Promise<{ request: JobRequest; warnings: Warning[] }> {
  const { prompt = "", n, size, aspectRatio, seed, files = [], mask, providerOptions } = call;
  const [init, ...others] = await Promise.all(files.map(pictureOf));
  const warnings: Warning[] = [
    ...(aspectRatio === undefined
      ? []
      : [{ type: "unsupported", feature: "aspectRatio", details: "a size is wanted" } as const]),
    ...(others.length === 0
      ? []
      : [{ type: "unsupported", feature: "several files", details: "the first one is taken" } as const]),
  ];
  const [width, height] = size?.split("x").map(Number) ?? [];
  return {
    warnings,
    request: {
      task: "generate",
      ...(id !== "" && { model: id }),
      ...(init !== undefined && { init }),
      ...(mask !== undefined && { mask: await pictureOf(mask) }),
      previewEvery: 0,
      options: {
        prompt,
        count: n,
        ...(width !== undefined && { width, height, ...(init !== undefined && { fit: "crop" as const }) }),
        ...(seed !== undefined && { seed }),
        ...providerOptions.noisette,
      },
    },
  };
}

/** A data: URL of the picture, which is fetched where it is elsewhere. */
async function pictureOf(file: PictureInput): Promise<string> {
  if (file.type === "url") {
    if (file.url.startsWith("data:")) return file.url;
    const response = await fetch(file.url);
    if (!response.ok) throw new Error(`Cannot fetch "${file.url}": the answer is ${response.status}`);
    return pictureOf({
      type: "file",
      mediaType: response.headers.get("content-type") ?? "",
      data: new Uint8Array(await response.arrayBuffer()),
    });
  }
  if (typeof file.data === "string") return `data:${file.mediaType};base64,${file.data}`;
  let binary = "";
  for (const byte of file.data) binary += String.fromCharCode(byte);
  return `data:${file.mediaType};base64,${btoa(binary)}`;
}
