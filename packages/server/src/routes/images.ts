// /v1/images and /v1/uploads: the gallery, and pictures for jobs to use.

import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { decodeImage, encodeImage, resizeBitmap } from "@noisette/core/platform/node";
import type { Caller, Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { imageChange, imageDetail, imagePage, imageQuery, imageRecord, upload } from "../schema/image.ts";
import { removePicture } from "../jobs/pictures.ts";
import type { Services } from "../services.ts";
import { thumbnailFile } from "../store/names.ts";
import { checkPicture, keepUpload } from "../store/picture-bytes.ts";
import { numberOf } from "./pages.ts";
import { idParameter, json, jsonBody, problems, routes } from "./route.ts";

const tags = ["images"];

const list = createRoute({
  method: "get",
  path: "/v1/images",
  tags,
  summary: "Search the gallery, the newest first",
  request: { query: imageQuery },
  responses: { 200: json(imagePage, "A page of pictures"), ...problems },
});

const file = (type: string) => ({
  description: "The file",
  content: { [type]: { schema: z.string().meta({ format: "binary" }) } },
});

const ofPicture = <A extends ReturnType<typeof file | typeof json>>(path: string, summary: string, answer: A) =>
  createRoute({
    method: "get",
    path: `/v1/images/{id}${path}` as const,
    tags,
    summary,
    request: { params: idParameter },
    responses: { 200: answer, ...problems },
  });
const read = ofPicture("", "Look at a picture's record", json(imageDetail, "The picture with its record"));
const readFile = ofPicture("/file", "The picture as a PNG that holds its record", file("image/png"));
const readThumbnail = ofPicture("/thumbnail", "The picture as a small WebP", file("image/webp"));

const change = createRoute({
  method: "patch",
  path: "/v1/images/{id}",
  tags,
  summary: "Rate a picture",
  request: { params: idParameter, body: jsonBody(imageChange) },
  responses: { 200: json(imageRecord, "The picture"), ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/images/{id}",
  tags,
  summary: "Delete a picture and its file",
  request: { params: idParameter },
  responses: { 204: { description: "It is gone" }, ...problems },
});

const send = createRoute({
  method: "post",
  path: "/v1/uploads",
  tags,
  summary: "Send a picture for jobs to use",
  request: {
    body: {
      required: true,
      content: Object.fromEntries(
        ["image/png", "image/jpeg", "image/webp", "image/avif", "image/gif"].map((type) => [
          type,
          { schema: z.string().meta({ format: "binary" }) },
        ]),
      ),
    },
  },
  responses: { 201: json(upload, "What jobs name it by"), ...problems },
});

const thumbnailSide = 384;

/** The routes of pictures. */
export const imageRoutes = (services: Services) =>
  routes()
    .openapi(list, async (c) => {
      const { words, before, limit, ...query } = c.req.valid("query");
      const { owner, isOperator } = c.get("caller");
      const found = await services.catalogue.images.search({
        ...query,
        ...(words !== undefined && { words: words.split(/\s+/).filter(Boolean).slice(0, 20) }),
        ...(!isOperator && { owner }),
        below: numberOf(before),
        limit,
      });
      const next = found.length < limit ? undefined : String(found.at(-1)!.number);
      return c.json({ images: found.map(({ image }) => image), ...(next && { next }) }, 200);
    })
    .openapi(read, async (c) => {
      const { file: _, owner: __, ...image } = await imageOf(services, c.req.valid("param").id, c.get("caller"));
      return c.json(image, 200);
    })
    .openapi(readFile, async (c) => {
      const image = await imageOf(services, c.req.valid("param").id, c.get("caller"));
      return sendFile(c, await bytesOf(services, image), "image/png") as never;
    })
    .openapi(readThumbnail, async (c) => {
      const image = await imageOf(services, c.req.valid("param").id, c.get("caller"));
      const name = thumbnailFile(image.id);
      const kept = await services.store.read(name);
      if (kept !== undefined) return sendFile(c, kept, "image/webp") as never;
      const made = await thumbnailOf(await bytesOf(services, image));
      await services.store.write(name, made);
      return sendFile(c, made, "image/webp") as never;
    })
    .openapi(change, async (c) => {
      const { id } = await imageOf(services, c.req.valid("param").id, c.get("caller"));
      await services.catalogue.images.rate(id, c.req.valid("json").rating);
      const { file: _, owner: __, record: ___, ...image } = await imageOf(services, id, c.get("caller"));
      return c.json(image, 200);
    })
    .openapi(remove, async (c) => {
      await removePicture(services, await imageOf(services, c.req.valid("param").id, c.get("caller")));
      return c.body(null, 204);
    })
    .openapi(send, async (c) => {
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const size = await checkPicture(bytes, services.limits);
      const id = await keepUpload(services.store, bytes);
      return c.json({ id, ...size, sizeBytes: bytes.length }, 201);
    });

/** The picture `id`, if `caller` may see it. Throws a problem where there is none. */
export async function imageOf({ catalogue }: Services, id: string, caller: Caller) {
  const image = await catalogue.images.find(id);
  if (image !== undefined && (caller.isOperator || image.owner === caller.owner)) return image;
  throw refuse("not-found", `Cannot find the picture "${id}": there is none of this id`);
}

/** Its file. Throws a problem where that is gone. */
export async function bytesOf({ store }: Services, image: { readonly id: string; readonly file: string }) {
  const bytes = await store.read(image.file);
  if (bytes !== undefined) return bytes;
  throw refuse("not-found", `Cannot read the picture "${image.id}": its file was removed`);
}

async function thumbnailOf(bytes: Uint8Array): Promise<Uint8Array> {
  const image = await decodeImage(bytes);
  const scale = Math.min(1, thumbnailSide / Math.max(image.width, image.height));
  const small = await resizeBitmap(image, {
    width: Math.max(1, Math.round(image.width * scale)),
    height: Math.max(1, Math.round(image.height * scale)),
  });
  return encodeImage(small, { format: "webp", quality: 80 });
}

/** A file that never changes under its address. */
function sendFile(c: Context<Env>, bytes: Uint8Array, type: string): Response {
  c.header("content-type", type);
  c.header("cache-control", "private, max-age=31536000, immutable");
  return c.body(bytes.slice().buffer);
}
