// The task "upscale": a picture enlarged by a super-resolution network.

import { gateNotice } from "@noisette/core/pipelines/content-gate";
import { finishPicture } from "@noisette/core/pipelines/finish-picture";
import { pngBytes } from "@noisette/core/image/png";
import { readPictureText } from "@noisette/core/image/picture-file";
import { resizeImage } from "@noisette/core/image/resize";
import { nothingPassed } from "../content/nothing-passed.ts";
import { refuse } from "../guard/refuse.ts";
import { storedPicture } from "../store/picture-bytes.ts";
import { upscalerResident } from "./open-networks.ts";
import { inputPicture, keepFile } from "./pictures.ts";
import type { Task } from "./run-job.ts";

/** Enlarges the request's picture, unless the gallery has the result. It keeps the texts of the picture it came from. */
export const upscale: Task<"upscale"> = async ({ services, job, request, signal, release, tell, notice }) => {
  if ((await services.catalogue.images.made(job)).length > 0) return 1;
  const image = (await inputPicture(services, request.image))!;
  const upscaler = (await services.upscalers()).find(({ id }) => id === request.upscaler);
  if (upscaler === undefined)
    throw refuse("unknown-model", `Cannot use the upscaler "${request.upscaler}": it was removed meanwhile`);
  const larger = await services.engines.use(upscalerResident(upscaler, services.engineSettings), signal, (opened) =>
    opened.upscale(image, {
      tile: request.tile,
      overlap: request.overlap,
      signal,
      onProgress: ({ done, total }) =>
        tell({ kind: "progress", done: done / total, count: done, total, unit: "tiles" }),
    }),
  );
  const { scale } = request;
  const enlarged =
    scale === undefined
      ? larger
      : resizeImage(larger, {
          width: Math.max(1, Math.round(image.width * scale)),
          height: Math.max(1, Math.round(image.height * scale)),
          filter: "lanczos",
        });
  const { contentGate: gate, watermark } = services;
  const finished = await finishPicture(enlarged, { gate, watermark, signal });
  release();
  const { image: made, unsafe } = finished;
  const judged = gateNotice("the picture", finished, gate);
  if (judged !== undefined) await notice(judged);
  if (made === undefined) throw nothingPassed();
  const blurred = unsafe === undefined ? undefined : { unsafe, threshold: gate!.threshold };

  const source = await services.catalogue.images.find(request.image);
  const kept = await keepFile(services, {
    job,
    picture: 0,
    bytes: await pngBytes(made, await textsOf(services, request.image)),
    width: made.width,
    height: made.height,
    prompt: source?.prompt ?? "",
    negativePrompt: source?.negativePrompt ?? "",
    model: source?.model ?? "",
    modelHash: source?.modelHash ?? "",
    sampler: source?.sampler ?? "",
    seed: source?.seed ?? null,
    steps: source?.steps ?? null,
    guidanceScale: source?.guidanceScale ?? null,
    record: { ...source?.record, upscaledBy: upscaler.id, upscaledFrom: request.image, ...(blurred && { blurred }) },
  });
  if (kept !== undefined) tell({ kind: "image", image: kept });
  return 1;
};

/** What a picture's file says of itself; nothing where it cannot be read. */
async function textsOf(services: Parameters<typeof inputPicture>[0], id: string): Promise<Record<string, string>> {
  try {
    return { ...readPictureText((await storedPicture(services.store, id))!) };
  } catch {
    return {};
  }
}
