// The typed client, for Node and browsers: `const client = connect("http://127.0.0.1:7860")`, then
// `const { id } = await client.createJob({ task: "generate", options: { prompt: "a red fox" } })` and
// `for await (const event of client.watchJob(id)) …`. Imports nothing of the server but types.

import type { LogLine } from "@noisette/core/training/log";
import type { ImageDetail, ImagePage, ImageQuery, ImageRecord, Upload } from "./schema/image.ts";
import type { JobEvent } from "./schema/job-event.ts";
import type { JobRequest } from "./schema/job-request.ts";
import type { Job, JobPage, JobQuery } from "./schema/job.ts";
import type { Adapter, ControlRecord, ModelRecord, UpscalerRecord } from "./schema/model.ts";
import type { Problem } from "./schema/problem.ts";
import type { Sampler, Schedule } from "./schema/sampling.ts";
import type { Health } from "./schema/server-info.ts";
import type { DatasetRecord, TrainingEvent, TrainingRequest, TrainingRun } from "./schema/training.ts";
import { watch } from "./watch.ts";
import type { WatchOptions } from "./watch.ts";

/** How to reach a server. */
export interface ConnectOptions {
  /** One of the server's keys, where it wants one. */
  readonly key?: string;
  /** Instead of the platform's own. */
  readonly fetch?: typeof fetch;
}

/** An answer that was a problem: `problem.type` says which, the message what is wanted. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** How to send a job. */
export interface CreateJobOptions {
  /** The same job sent twice under one of these is made once: for clients that try again when no answer came. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** A server. Every call throws RequestError where the server says no, and TypeError where there is none. */
export interface Client {
  createJob(request: JobRequest, options?: CreateJobOptions): Promise<Job>;
  job(id: string): Promise<Job>;
  jobs(query?: JobQuery): Promise<JobPage>;
  /** Ends it: at once where it waits, after the step that it is in where it runs. */
  cancelJob(id: string): Promise<Job>;
  /** Its events from the first on, or after `after`; goes on by itself where the connection breaks. Ends with the job. */
  watchJob(id: string, options?: WatchOptions): AsyncGenerator<JobEvent>;
  images(query?: ImageQuery): Promise<ImagePage>;
  image(id: string): Promise<ImageDetail>;
  imageFile(id: string): Promise<Blob>;
  rateImage(id: string, rating: number): Promise<ImageRecord>;
  deleteImage(id: string): Promise<void>;
  /** Sends a picture for jobs to use, as `init: upload.id`. */
  upload(file: Blob): Promise<Upload>;
  models(): Promise<ModelRecord[]>;
  /** Makes a model the one for jobs that name none. */
  setDefaultModel(id: string): Promise<ModelRecord>;
  /** Opens a model before a job needs it. */
  loadModel(id: string): Promise<ModelRecord>;
  /** Closes its engine and gives back all its memory. */
  unloadModel(id: string): Promise<ModelRecord>;
  /** What `noisette inspect` says of it. */
  inspectModel(id: string): Promise<Record<string, unknown>>;
  upscalers(): Promise<UpscalerRecord[]>;
  /** ControlNets, T2I-Adapters and IP-Adapters. */
  controls(): Promise<ControlRecord[]>;
  adapters(): Promise<Adapter[]>;
  /** Names that stand for a line of a file: __name__ in a prompt. */
  wildcards(): Promise<string[]>;
  samplers(): Promise<Sampler[]>;
  schedules(): Promise<Schedule[]>;
  trainingRuns(): Promise<TrainingRun[]>;
  trainingRun(id: string): Promise<TrainingRun>;
  startTraining(request: TrainingRequest): Promise<TrainingRun>;
  /** Lets it write a checkpoint and end. */
  stopTraining(id: string): Promise<TrainingRun>;
  resumeTraining(id: string): Promise<TrainingRun>;
  /** All that a run wrote down, in this session and those before. */
  trainingLog(id: string): Promise<LogLine[]>;
  watchTraining(id: string, options?: WatchOptions): AsyncGenerator<TrainingEvent>;
  datasets(): Promise<DatasetRecord[]>;
  /** Adds a picture, with its caption, to an uploaded data set, which is begun where there is none. */
  addToDataset(dataset: string, file: Blob, options?: { readonly caption?: string }): Promise<DatasetRecord>;
  health(): Promise<Health>;
  /** The address of something below the server's, as records name it: `client.address(image.url)`. */
  address(path: string): string;
  /** Lets a browser's own requests (of <img>, say) use the key, by a cookie that scripts cannot read. */
  openSession(): Promise<void>;
}

/** The server at `base`. Nothing is sent yet. */
export function connect(base: string, { key, fetch: send = fetch }: ConnectOptions = {}): Client {
  const root = base.replace(/\/+$/, "");
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };

  async function request(path: string, { headers, ...init }: RequestInit = {}): Promise<Response> {
    const response = await send(root + path, {
      ...init,
      headers: { ...authorization, ...(headers as Record<string, string>) },
    });
    if (response.ok) return response;
    throw new RequestError(await problemOf(response));
  }
  const get = async <T>(path: string): Promise<T> => (await request(path)).json() as Promise<T>;
  const sendJson = async <T>(method: string, path: string, body?: unknown, more: RequestInit = {}): Promise<T> => {
    const response = await request(path, {
      ...more,
      method,
      ...(body !== undefined && {
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...(more.headers as Record<string, string>) },
      }),
    });
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
  const events = <Event extends { readonly id: string }>(
    path: string,
    isLast: (event: Event) => boolean,
    options: WatchOptions = {},
  ) => watch<Event>((after, signal) => request(path, { signal, headers: streamHeaders(after) }), isLast, options);

  return {
    createJob: (job, { idempotencyKey, signal } = {}) =>
      sendJson("POST", "/v1/jobs", job, {
        signal,
        ...(idempotencyKey !== undefined && { headers: { "idempotency-key": idempotencyKey } }),
      }),
    job: (id) => get(`/v1/jobs/${part(id)}`),
    jobs: (query) => get(`/v1/jobs${search(query)}`),
    cancelJob: (id) => sendJson("DELETE", `/v1/jobs/${part(id)}`),
    watchJob: (id, options) =>
      events<JobEvent>(
        `/v1/jobs/${part(id)}/events`,
        ({ kind }) => kind === "done" || kind === "failed" || kind === "cancelled",
        options,
      ),
    images: (query) => get(`/v1/images${search(query)}`),
    image: (id) => get(`/v1/images/${part(id)}`),
    imageFile: async (id) => (await request(`/v1/images/${part(id)}/file`)).blob(),
    rateImage: (id, rating) => sendJson("PATCH", `/v1/images/${part(id)}`, { rating }),
    deleteImage: (id) => sendJson("DELETE", `/v1/images/${part(id)}`),
    upload: (file) => uploadTo("/v1/uploads", file),
    models: async () => (await get<{ data: ModelRecord[] }>("/v1/models")).data,
    setDefaultModel: (id) => sendJson("PUT", "/v1/models/default", { id }),
    loadModel: (id) => sendJson("POST", "/v1/models/load", { id }),
    unloadModel: (id) => sendJson("POST", "/v1/models/unload", { id }),
    inspectModel: (id) => get(`/v1/models/inspect${search({ id })}`),
    upscalers: () => get("/v1/upscalers"),
    controls: () => get("/v1/controls"),
    adapters: () => get("/v1/adapters"),
    wildcards: () => get("/v1/wildcards"),
    samplers: () => get("/v1/samplers"),
    schedules: () => get("/v1/schedules"),
    trainingRuns: () => get("/v1/training"),
    trainingRun: (id) => get(`/v1/training/${part(id)}`),
    startTraining: (body) => sendJson("POST", "/v1/training", body),
    stopTraining: (id) => sendJson("POST", `/v1/training/${part(id)}/stop`),
    resumeTraining: (id) => sendJson("POST", `/v1/training/${part(id)}/resume`),
    trainingLog: (id) => get(`/v1/training/${part(id)}/log`),
    watchTraining: (id, options) =>
      events<TrainingEvent>(
        `/v1/training/${part(id)}/events`,
        ({ kind }) => kind === "end" || kind === "failed",
        options,
      ),
    datasets: () => get("/v1/datasets"),
    addToDataset: (dataset, file, { caption } = {}) =>
      uploadTo(`/v1/datasets/${part(dataset)}/pictures${search({ caption })}`, file),
    health: () => get("/v1/health"),
    address: (path) => root + path,
    openSession: () => sendJson("POST", "/v1/session"),
  };

  async function uploadTo<T>(path: string, file: Blob): Promise<T> {
    const headers = { "content-type": file.type || "application/octet-stream" };
    return (await request(path, { method: "POST", body: file, headers })).json() as Promise<T>;
  }
}

const part = encodeURIComponent;

const streamHeaders = (after: string | undefined): Record<string, string> => ({
  accept: "text/event-stream",
  ...(after !== undefined && { "last-event-id": after }),
});

/** `query` as the end of an address; empty without parts. */
function search(query: Readonly<Record<string, unknown>> = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length === 0 ? "" : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}

/** What an answer says of itself, also where something between us and the server wrote it. */
async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    const body = JSON.parse(text) as Problem;
    if (typeof body.detail === "string" && typeof body.type === "string") return body;
  } catch {
    // no JSON: told below
  }
  const { status, statusText } = response;
  return {
    type: "about:blank",
    title: statusText,
    status,
    detail: `Cannot reach the server: the answer is ${status} ${statusText}${text === "" ? "" : `, "${text.slice(0, 200)}"`}`,
  };
}
