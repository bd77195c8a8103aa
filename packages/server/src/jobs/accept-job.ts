// From what a client sent to a job in the line: everything is checked and settled here, so that a job is the same whenever
// it runs, and however often.

import { randomBytes, randomInt } from "node:crypto";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { withCompat } from "@noisette/core/pipelines/compat";
import type { JobRow } from "../catalogue/jobs.ts";
import { refuse } from "../guard/refuse.ts";
import { defaultModel } from "../models/default-model.ts";
import type { NetworkKind } from "../models/find-networks.ts";
import { jobRequest } from "../schema/job-request.ts";
import type { RequestOf, ResolvedRequest } from "../schema/job-request.ts";
import type { Services } from "../services.ts";
import { checkPicture, dataUrlBytes, keepUpload, storedPicture } from "../store/picture-bytes.ts";
import { checkGenerateLimits } from "./generate-limits.ts";

/** Who sends a job. */
export interface Sender {
  /** Id of the key; empty without keys. */
  readonly owner: string;
  readonly idempotencyKey?: string;
}

/** Puts the job that `body` describes into the line. Throws a problem that says what is wrong with it. */
export async function acceptJob(services: Services, body: unknown, sender: Sender): Promise<JobRow> {
  const request = await settled(services, parseRequest(body));
  const { catalogue, queue, limits } = services;
  const id = randomBytes(10).toString("hex");
  const job = { id, owner: sender.owner, idempotencyKey: sender.idempotencyKey, request };
  const row = await catalogue.jobs.insert(job, limits.queuedJobs);
  if (row === undefined)
    throw refuse(
      "queue-full",
      `Cannot take the job: ${limits.queuedJobs} wait already (that is the limit; try again when one is done)`,
      { retryAfter: 10 },
    );
  if (row.id === id) {
    await services.events.begin(id, async () => []);
    await queue.add(row);
    services.tellPlaces();
  }
  return row;
}

/** The request that `body` is, with its defaults. Throws a problem that names every mistake. */
export function parseRequest(body: unknown): ResolvedRequest {
  const written = body as { task?: unknown; options?: unknown } | null;
  // A program that is named chooses for what is left open, before our own defaults do.
  const asked =
    written?.task === "generate" && typeof written.options === "object"
      ? { ...written, options: withCompat(written.options) }
      : body;
  const { data, error } = jobRequest.safeParse(asked);
  if (data !== undefined) return data;
  const errors = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const told = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
  throw refuse("bad-request", `Cannot take the job: ${told}`, { errors });
}

const settled = async (services: Services, request: ResolvedRequest): Promise<ResolvedRequest> => {
  switch (request.task) {
    case "generate":
      return settledGenerate(services, request);
    case "upscale":
      return settledUpscale(services, request);
    case "download":
      if (!services.allowDownloads)
        throw refuse("forbidden", "Cannot download: this server was started without leave to (--downloads is wanted)");
      return request;
  }
};

async function settledGenerate(services: Services, request: RequestOf<"generate">): Promise<RequestOf<"generate">> {
  const model = await usableModel(services, request.model);
  if (request.refiner !== undefined) await usableModel(services, request.refiner);
  const upscaler = request.upscaler && (await usableUpscaler(services, request.upscaler)).id;
  const [init, mask, depth] = await Promise.all(
    [request.init, request.mask, request.depth].map((picture) => keptPicture(services, picture)),
  );
  const side = init === undefined ? model.side : undefined;
  const options = {
    ...request.options,
    width: request.options.width ?? side,
    height: request.options.height ?? side,
    seed: request.options.seed ?? randomInt(2 ** 32),
    ...(request.options.variationStrength > 0 && {
      variationSeed: request.options.variationSeed ?? randomInt(2 ** 32),
    }),
  };
  checkGenerateLimits(options, init, services.limits);
  const controls = request.controls && (await Promise.all(request.controls.map(keptControl)));
  const ipAdapters = request.ipAdapters && (await Promise.all(request.ipAdapters.map(keptIpAdapter)));
  return {
    ...request,
    ...(controls && { controls }),
    ...(ipAdapters && { ipAdapters }),
    model: model.id,
    options,
    ...(upscaler && { upscaler }),
    ...(init && { init: init.id }),
    ...(mask && { mask: mask.id }),
    ...(depth && { depth: depth.id }),
  };

  type Asked = RequestOf<"generate">;
  async function keptControl(control: NonNullable<Asked["controls"]>[number]) {
    await usableNetwork(services, control.network, ["controlnet", "t2i-adapter"]);
    const image = await keptPicture(services, control.image);
    return { ...control, ...(image && { image: image.id }) };
  }
  async function keptIpAdapter(adapter: NonNullable<Asked["ipAdapters"]>[number]) {
    await usableNetwork(services, adapter.network, ["ip-adapter"]);
    const images = await Promise.all(adapter.images.map((image) => keptPicture(services, image)));
    return { ...adapter, images: images.map((image) => image!.id) };
  }
}

async function settledUpscale(services: Services, request: RequestOf<"upscale">): Promise<RequestOf<"upscale">> {
  const upscaler = await usableUpscaler(services, request.upscaler);
  const image = (await keptPicture(services, request.image))!;
  const { pixels } = services.limits;
  const scale = request.scale ?? 4;
  if (image.width * image.height * scale ** 2 > pixels)
    throw refuse(
      "beyond-limits",
      `Cannot upscale ${image.width}×${image.height} by ${scale}: that is too large (${pixels} pixels at most are wanted)`,
    );
  return { ...request, upscaler: upscaler.id, image: image.id };
}

/** The model of this name, or the default. Throws a problem where there is none, or it cannot be used. */
export async function usableModel(services: Services, id: string | undefined) {
  const model = id === undefined ? await defaultModel(services) : await services.models.find(id);
  if (model === undefined) {
    const ids = (await services.models.list()).map((one) => one.id);
    const closest = id === undefined ? undefined : closestName(id, ids);
    throw refuse(
      "unknown-model",
      id === undefined
        ? "Cannot choose a model: none is installed (a folder with checkpoints is wanted: --models)"
        : `Cannot use the model "${id}": there is none of this name (${closest === undefined ? "GET /v1/models lists those there are" : `closest: "${closest}"`})`,
    );
  }
  if (model.problem !== undefined)
    throw refuse("unknown-model", `Cannot use the model "${model.id}": ${model.problem}`);
  return model;
}

async function usableUpscaler({ upscalers }: Services, id: string | undefined) {
  const installed = await upscalers();
  const found = id === undefined ? installed[0] : installed.find((one) => one.id === id);
  if (found !== undefined) return found;
  throw refuse(
    "unknown-model",
    id === undefined
      ? "Cannot choose an upscaler: none is installed (an ESRGAN file in the folder of models is wanted)"
      : `Cannot use the upscaler "${id}": there is none of this name (GET /v1/upscalers lists those there are)`,
  );
}

/** The network of this name, if it is of one of these kinds. Throws a problem where there is none. */
export async function usableNetwork({ networks }: Services, id: string, kinds: readonly NetworkKind[]) {
  const found = (await networks()).find((one) => one.id === id && kinds.includes(one.kind));
  if (found !== undefined) return found;
  throw refuse(
    "unknown-model",
    `Cannot use the network "${id}": there is none of this name and kind (GET /v1/controls lists those there are)`,
  );
}

/** A picture under an id that stays, and its size. Throws a problem when there is none, or it cannot be read. */
async function keptPicture({ store, limits }: Services, reference: string | undefined) {
  if (reference === undefined) return undefined;
  const isData = reference.startsWith("data:");
  if (!isData && !/^[\w.-]{1,100}$/.test(reference)) throw unknownPicture(reference);
  const bytes = isData ? dataUrlBytes(reference) : await storedPicture(store, reference);
  if (bytes === undefined) throw unknownPicture(reference);
  const size = await checkPicture(bytes, limits);
  return { id: isData ? await keepUpload(store, bytes) : reference, ...size };
}

const unknownPicture = (id: string) =>
  refuse(
    "unknown-picture",
    `Cannot use the picture "${id.slice(0, 100)}": there is none (an id of the gallery or of an upload is wanted)`,
  );
