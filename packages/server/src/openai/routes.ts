// OpenAI's image API: /v1/images/generations, edits and variations, and GET /v1/models/{model}. docs/api.md says what of it
// is served.

import { createRoute, z } from "@hono/zod-openapi";
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { JobRow } from "../catalogue/jobs.ts";
import type { Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { acceptJob } from "../jobs/accept-job.ts";
import { awaitAccepted } from "../jobs/await-job.ts";
import { cancelJob } from "../jobs/cancel-job.ts";
import { bytesOf } from "../routes/images.ts";
import type { StreamGate } from "../routes/event-stream.ts";
import { json, problems, routes } from "../routes/route.ts";
import { modelRecords } from "../routes/models.ts";
import type { JobRequest } from "../schema/job-request.ts";
import { modelRecord } from "../schema/model.ts";
import type { Services } from "../services.ts";
import { edit, generation, parsed, refuseParameter, variation } from "./fields.ts";
import type { Edit, Generation, Variation } from "./fields.ts";
import { readPictureBody } from "./form-body.ts";
import { editJobs, generationJob, variationJob } from "./image-jobs.ts";
import { formed, plainForm } from "../store/picture-form.ts";
import type { PictureForm } from "../store/picture-form.ts";
import { signedPath, signedPicture } from "./signed-pictures.ts";
import { streamImages } from "./stream.ts";

const tags = ["OpenAI"];
const file = z.string().meta({ format: "binary" });

/** For the page of the API alone: what is wrong with a body is told in OpenAI's words. */
const documented = (name: string, summary: string, content: Record<string, { schema: z.ZodType }>) =>
  createRoute({
    method: "post",
    path: `/v1/images/${name}`,
    tags,
    summary,
    request: { body: { required: true, content } },
    responses: { 200: json(z.unknown(), "As OpenAI answers"), default: json(z.unknown(), "error") },
  });
const pictures = { image: file, mask: file.optional() };
const documentation = [
  documented("generations", "Make pictures from a prompt", { "application/json": { schema: generation } }),
  documented("edits", "Make pictures from pictures, or under a mask", {
    "multipart/form-data": { schema: edit.extend(pictures) },
  }),
  documented("variations", "Make a picture anew in part", {
    "multipart/form-data": { schema: variation.extend({ image: file }) },
  }),
];

const readModel = createRoute({
  method: "get",
  path: "/v1/models/{model}",
  tags,
  summary: "Look at a model",
  request: { params: z.object({ model: z.string().min(1).max(500) }) },
  responses: { 200: json(modelRecord, "The model"), ...problems },
});
const readSigned = createRoute({
  method: "get",
  path: "/v1/signed/{token}",
  tags,
  summary: "A picture by the address that an answer gave",
  request: { params: z.object({ token: z.string().max(2000) }) },
  responses: { 200: { description: "The file", content: { "image/png": { schema: file } } }, ...problems },
});

/** The routes of OpenAI's API. */
export function openaiRoutes(services: Services, gate: StreamGate): OpenAPIHono<Env> {
  const app = routes();
  for (const route of documentation) app.openAPIRegistry.registerPath(route);

  app.post("/v1/images/generations", async (c) => {
    const body = parsed(generation, await c.req.json());
    return answer(c, { body, jobs: [await generationJob(body, services)], name: "image_generation" });
  });
  app.post("/v1/images/edits", async (c) => {
    const pictures = await readPictureBody(c);
    if (pictures.images.length > 16)
      throw refuseParameter("image", "invalid_value", {
        detail: "Invalid value for 'image': 16 pictures at most are wanted.",
      });
    const body = parsed(edit, pictures.fields);
    return answer(c, { body, jobs: await editJobs(body, pictures, services), name: "image_edit" });
  });
  app.post("/v1/images/variations", async (c) => {
    const pictures = await readPictureBody(c);
    if (pictures.images.length > 1 || pictures.mask !== undefined)
      throw refuseParameter("image", "invalid_value", {
        detail: "Invalid value for 'image': one picture and no mask is wanted.",
      });
    const body = parsed(variation, pictures.fields);
    return answer(c, { body, jobs: [await variationJob(body, pictures, services)] });
  });

  app.openapi(readModel, async (c) => {
    const { model } = c.req.valid("param");
    const found = (await modelRecords(services)).find(({ id }) => id === model);
    if (found === undefined) throw refuse("not-found", `Cannot find the model "${model}": there is none of this name`);
    return c.json(found, 200);
  });
  app.openapi(readSigned, async (c) => {
    const { id, untilMs, form } = await signedPicture(services, c.req.valid("param").token);
    const file = await formed(await fileOf(id), form);
    c.header("content-type", `image/${form.format}`);
    c.header("cache-control", `private, max-age=${Math.floor((untilMs - Date.now()) / 1000)}`);
    return c.body(file.slice().buffer) as never;
  });
  return app;

  async function fileOf(id: string): Promise<Uint8Array> {
    const image = await services.catalogue.images.find(id);
    if (image === undefined) throw refuse("not-found", `Cannot find the picture "${id}": it was deleted meanwhile`);
    return bytesOf(services, image);
  }

  async function answer(
    c: Context<Env>,
    {
      body,
      jobs,
      name,
    }: {
      readonly body: Generation | Edit | Variation;
      readonly jobs: readonly JobRequest[];
      /** What the events of its stream are called; variations have none. */
      readonly name?: "image_generation" | "image_edit";
    },
  ): Promise<Response> {
    const form = "output_format" in body ? formOf(body) : plainForm;
    const rows = await acceptAll(jobs, c.get("caller").owner);
    const inBase64 = async (id: string) => Buffer.from(await formed(await fileOf(id), form)).toString("base64");
    if ("stream" in body && body.stream && name !== undefined)
      return streamImages(c, { services, gate, name, rows, body, form, finished: inBase64 });
    const data: object[] = [];
    for (const row of rows) {
      const { images, isCancelled } = await awaitAccepted(services, row, { signal: c.req.raw.signal });
      if (isCancelled) throw refuse("conflict", `Cannot give the pictures: the job "${row.id}" was cancelled`);
      for (const { id } of images)
        data.push(
          body.response_format === "url"
            ? { url: new URL(c.req.url).origin + (await signedPath(services, id, form)) }
            : { b64_json: await inBase64(id) },
        );
    }
    const created = Math.floor(Date.now() / 1000);
    if (!("output_format" in body)) return c.json({ created, data });
    const { output_format, quality, background, size } = body;
    return c.json({ created, data, output_format, quality, background, size });
  }

  /** All of them, or none. */
  async function acceptAll(jobs: readonly JobRequest[], owner: string): Promise<JobRow[]> {
    const rows: JobRow[] = [];
    try {
      for (const job of jobs) rows.push(await acceptJob(services, job, { owner }));
    } catch (error) {
      for (const { id } of rows) await cancelJob(services, id);
      throw error;
    }
    return rows;
  }
}

const formOf = ({
  output_format: format,
  output_compression: quality,
  background,
}: Generation | Edit): PictureForm => ({
  format,
  quality,
  isOpaque: background === "opaque",
});
