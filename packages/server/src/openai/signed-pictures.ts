// Addresses of pictures for whoever has them, without a key: they say which picture, in which form and until when, and are
// signed (HMAC-SHA-256, RFC 2104) with a secret of the catalogue's.

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import { refuse } from "../guard/refuse.ts";
import type { Services } from "../services.ts";
import { pictureForm } from "../store/picture-form.ts";
import type { PictureForm } from "../store/picture-form.ts";

const validMs = 3600_000;
const setting = "picture-link-secret";

const link = z.object({ id: z.string(), untilMs: z.number(), form: pictureForm });

async function secretOf({ catalogue: { settings } }: Pick<Services, "catalogue">): Promise<string> {
  const kept = await settings.read(setting);
  if (typeof kept === "string") return kept;
  await settings.write(setting, randomBytes(32).toString("base64url"));
  return (await settings.read(setting)) as string;
}

const signature = (secret: string, payload: string): Buffer => createHmac("sha256", secret).update(payload).digest();

/** A path that gives the picture in that form for an hour. */
export async function signedPath(
  services: Pick<Services, "catalogue">,
  id: string,
  form: PictureForm,
): Promise<string> {
  const payload = Buffer.from(JSON.stringify({ id, untilMs: Date.now() + validMs, form })).toString("base64url");
  return `/v1/signed/${payload}.${signature(await secretOf(services), payload).toString("base64url")}`;
}

/** What a token of such a path stands for. Throws a problem when it is none of ours, or too old. */
export async function signedPicture(
  services: Pick<Services, "catalogue">,
  token: string,
): Promise<z.output<typeof link>> {
  const [payload = "", written = ""] = token.split(".");
  const [given, wanted] = [Buffer.from(written, "base64url"), signature(await secretOf(services), payload)];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw refuse("not-found", "Cannot find the picture: the address is none that this server gave");
  const { id, untilMs, form } = link.parse(JSON.parse(Buffer.from(payload, "base64url").toString()));
  if (untilMs < Date.now()) throw refuse("not-found", "Cannot give the picture: its address was good for an hour");
  return { id, untilMs, form };
}
