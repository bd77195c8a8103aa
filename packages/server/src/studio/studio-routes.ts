// The studio: a page at /, and its parts below /assets.

import { createReadStream } from "node:fs";
import { readFile, readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { Hono } from "hono";
import type { Context } from "hono";
import type { Env } from "../guard/keys.ts";
import { studioFolder } from "./studio-folder.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".wasm": "application/wasm",
};
const compressible = new Set([".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm"]);

/** The routes of the page; it is opened, and in a checkout built, at once. */
export function studioRoutes(): Hono<Env> {
  let opening: Promise<Studio> | undefined;
  const studio = () =>
    (opening ??= openStudio().catch((error: unknown) => {
      opening = undefined; // the next request tries again
      throw error;
    }));
  studio().catch(() => undefined);
  return new Hono<Env>()
    .get("/", async (c) => answer(c, await (await studio()).file("index.html"), "no-cache"))
    .get("/assets/:name", async (c) => {
      const file = await (await studio()).file(`assets/${c.req.param("name")}`);
      // Names hold a digest of what is in the file.
      return file === undefined ? c.notFound() : answer(c, file, "public, max-age=31536000, immutable");
    });
}

/** What is in memory, or how to read it. */
type Body = Uint8Array<ArrayBuffer> | (() => ReadableStream<Uint8Array<ArrayBuffer>>);

interface StudioFile {
  readonly bytes: Body;
  /** The same by gzip. */
  readonly packed?: Body;
  readonly type: string;
}

interface Studio {
  /** One of its files; undefined for any other path. */
  file(path: string): Promise<StudioFile | undefined>;
}

// Larger files (weights, the runtime's WebAssembly) are not worth the memory: browsers keep them.
const keptBytes = 2 ** 22;

async function openStudio(): Promise<Studio> {
  const folder = await studioFolder();
  const known = new Set((await readdir(folder, { recursive: true })).map((path) => path.replaceAll("\\", "/")));
  const kept = new Map<string, StudioFile>();
  return {
    async file(path) {
      if (!known.has(path)) return undefined;
      const file = kept.get(path) ?? (await readStudioFile(join(folder, path)));
      kept.set(path, file);
      return file;
    },
  };
}

async function readStudioFile(path: string): Promise<StudioFile> {
  const ending = extname(path);
  const type = types[ending] ?? "application/octet-stream";
  const packs = compressible.has(ending);
  if ((await stat(path)).size > keptBytes) {
    const read = () => Readable.toWeb(createReadStream(path)) as ReadableStream<Uint8Array<ArrayBuffer>>;
    return packs
      ? { bytes: read, packed: () => read().pipeThrough(new CompressionStream("gzip")), type }
      : { bytes: read, type };
  }
  const bytes = new Uint8Array(await readFile(path));
  return packs ? { bytes, packed: new Uint8Array(gzipSync(bytes)), type } : { bytes, type };
}

function answer(c: Context<Env>, file: StudioFile | undefined, caching: string): Response | Promise<Response> {
  if (file === undefined) return c.notFound();
  const { bytes, packed, type } = file;
  const headers = { "content-type": type, "cache-control": caching, vary: "accept-encoding" };
  const takesPacked = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const begun = (body: Body) => (typeof body === "function" ? body() : body);
  return packed !== undefined && takesPacked
    ? c.body(begun(packed), 200, { ...headers, "content-encoding": "gzip" })
    : c.body(begun(bytes), 200, headers);
}
