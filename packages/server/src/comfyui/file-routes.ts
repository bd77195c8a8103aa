// /view and /upload/image: pictures by the names that ComfyUI's clients have for them.

import { Hono } from "hono";
import type { Context } from "hono";
import type { Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { formed } from "../store/picture-form.ts";
import type { Services } from "../services.ts";
import { checkPicture, pictureType } from "../store/picture-bytes.ts";
import { keepInput, namedFile } from "./input-files.ts";
import type { NamedFile } from "./input-files.ts";

/** The routes of files. */
export function fileRoutes(services: Services): Hono<Env> {
  const app = new Hono<Env>();

  app.get("/view", async (c) => {
    const { filename = "", subfolder = "", type = "output", preview, channel = "rgba" } = c.req.query();
    if (type !== "input" && type !== "output" && type !== "temp")
      throw refuse(
        "bad-request",
        `Cannot give the file: its type is "${type.slice(0, 50)}" (input, output or temp is wanted)`,
      );
    if (channel !== "rgba")
      throw refuse(
        "bad-request",
        `Cannot give the channel "${channel.slice(0, 50)}": whole pictures are served (rgba is wanted)`,
      );
    const bytes = await namedFile(services, { filename, subfolder, type } as NamedFile, c.get("caller"));
    const [, format, quality = "90"] = /^(webp|jpeg)(?:;(\d{1,3}))?$/.exec(preview ?? "") ?? [];
    if (format === undefined) return send(c, bytes, pictureType(bytes) ?? "application/octet-stream");
    const form = {
      format: format as "webp" | "jpeg",
      quality: Math.min(100, Number(quality)),
      isOpaque: format === "jpeg",
    };
    return send(c, await formed(bytes, form), `image/${format}`);
  });
  app.post("/upload/image", async (c) => {
    const form = await c.req.formData().catch((cause: Error) => {
      throw refuse("bad-request", `Cannot read the form: ${cause.message}`, { cause });
    });
    const file = form.get("image");
    if (file === null || typeof file === "string")
      throw refuse("bad-request", 'Cannot keep the picture: the form has no file (a field "image" is wanted)');
    const bytes = new Uint8Array(await file.arrayBuffer());
    await checkPicture(bytes, services.limits);
    const text = (name: string) => String(form.get(name) ?? "").slice(0, 200);
    const kept = await keepInput(services, bytes, {
      owner: c.get("caller").owner,
      filename: file.name.split(/[\\/]/).at(-1)!.slice(0, 200) || "image.png",
      subfolder: text("subfolder").replaceAll("\\", "/"),
      overwrite: /^(true|1)$/.test(text("overwrite")),
    });
    return c.json({ name: kept.filename, subfolder: kept.subfolder, type: kept.type });
  });
  return app;
}

function send(c: Context, bytes: Uint8Array, type: string): Response {
  c.header("content-type", type);
  return c.body(bytes.slice().buffer);
}
