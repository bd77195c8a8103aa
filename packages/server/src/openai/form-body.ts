// The bodies of edits and variations: forms with files, or JSON with data: URLs.

import type { Context } from "hono";
import { refuse } from "../guard/refuse.ts";
import { dataUrlBytes } from "../store/picture-bytes.ts";
import { refuseParameter } from "./fields.ts";

/** A body taken apart. */
export interface PictureBody {
  readonly images: readonly Uint8Array[];
  readonly mask: Uint8Array | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
}

const numbers = new Set(["n", "output_compression", "partial_images", "seed", "steps", "guidance_scale", "strength"]);

/** The body of a request. Throws a problem when it has no picture. */
export async function readPictureBody(c: Context): Promise<PictureBody> {
  const type = c.req.header("content-type") ?? "";
  const body = /^application\/json\b/i.test(type) ? fromJson(await c.req.json()) : await fromForm(c, type);
  if (body.images.length === 0)
    throw refuseParameter("image", "missing_required_parameter", { detail: "Missing required parameter: 'image'." });
  return body;
}

async function fromForm(c: Context, type: string): Promise<PictureBody> {
  if (!/^multipart\/form-data\b/i.test(type))
    throw refuse("wrong-media-type", `Cannot read the body: it is "${type}" (multipart/form-data is wanted)`);
  const form = await c.req.formData().catch((cause: Error) => {
    throw refuse("bad-request", `Cannot read the form: ${cause.message}`, { cause });
  });
  const images: Uint8Array[] = [];
  const fields: Record<string, unknown> = {};
  let mask: Uint8Array | undefined;
  for (const [name, value] of form.entries()) {
    if (typeof value === "string") fields[name] = valueOf(name, value);
    else if (name === "mask") mask = new Uint8Array(await value.arrayBuffer());
    else if (name === "image" || /^image\[\d*\]$/.test(name)) images.push(new Uint8Array(await value.arrayBuffer()));
    else throw refuseParameter(name, "unknown_parameter", { detail: `Unknown parameter: '${name}'.` });
  }
  return { images, mask, fields };
}

/** Forms hold nothing but text. */
function valueOf(name: string, value: string): unknown {
  if (numbers.has(name)) return value.trim() === "" ? value : Number(value);
  return name === "stream" && /^(true|false)$/.test(value) ? value === "true" : value;
}

function fromJson(body: Readonly<Record<string, unknown>>): PictureBody {
  const { images = [], mask, ...fields } = body ?? {};
  const fileOf = (picture: unknown, param: string) => {
    const url = (picture as { image_url?: unknown } | null)?.image_url;
    if (typeof url === "string" && url.startsWith("data:")) return dataUrlBytes(url);
    throw refuseParameter(param, "invalid_value", {
      detail: `Invalid value for '${param}': an image_url that is a data: URL is wanted.`,
    });
  };
  return {
    images: [images].flat().map((picture, i) => fileOf(picture, `images[${i}]`)),
    mask: mask === undefined || mask === null ? undefined : fileOf(mask, "mask"),
    fields,
  };
}
