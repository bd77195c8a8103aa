// The machine seen from a browser: files the user picked, and URLs. Exports the names of node.ts; what a browser
// cannot do throws. Paths here are names of mounted blobs or URLs, with "/" between segments.

import type { ByteSource } from "./bytes.ts";
import type { Disk, HubLibrary } from "./disk.ts";

export { decodeImage, drawLabel, encodeImage, encodePng, imageSize, resizeBitmap } from "./canvas.ts";

/** Throws: without a `disk` there is no cache to download into. */
export const loadHubLibrary = async (): Promise<HubLibrary> => {
  throw new Error("Cannot download from the Hub: a browser page has no model cache (the files' URLs are wanted)");
};

/** None: a page has no file system, so nothing is downloaded into a cache. */
export const disk: Disk | undefined = undefined;

/** Throws: browsers encode single pictures only. */
export const encodeAnimation = async (): Promise<Uint8Array> => {
  throw new Error("Cannot encode an animation: browsers write single pictures only (Node with sharp is wanted)");
};

const mounted = new Map<string, Blob>();

/** Makes a picked file (or any Blob) readable as `path` by everything that opens paths; `undefined` takes it away. */
export function mountBlob(path: string, blob: Blob | undefined): void {
  if (blob) mounted.set(path, blob);
  else mounted.delete(path);
}

/** Opens a mounted blob, or else the URL `path`, for reading in ranges. */
export async function openFile(path: string): Promise<ByteSource> {
  const blob = mounted.get(path);
  return blob ? openBlob(path, blob) : openUrl(path);
}

/** A Blob's bytes as a source; nothing is read until asked. */
export function openBlob(name: string, blob: Blob): ByteSource {
  return {
    name,
    size: blob.size,
    async read(offset, length) {
      checkRange(name, { offset, length, size: blob.size });
      return new Uint8Array(await blob.slice(offset, offset + length).arrayBuffer());
    },
    close: async () => {},
  };
}

/** Bytes behind a URL, by range requests; a server without them sends the whole file once, kept as a Blob. */
export async function openUrl(url: string): Promise<ByteSource> {
  const first = await fetch(url, { headers: { Range: "bytes=0-0" } });
  if (!first.ok) throw new Error(`Cannot open "${url}": the server answered ${first.status}`);
  const total = /^bytes 0-0\/(\d+)$/.exec(first.headers.get("Content-Range") ?? "")?.[1];
  if (first.status !== 206 || total === undefined) return openBlob(url, await first.blob());
  await first.arrayBuffer();
  const size = Number(total);
  return {
    name: url,
    size,
    async read(offset, length) {
      checkRange(url, { offset, length, size });
      if (length === 0) return new Uint8Array(0);
      const response = await fetch(url, { headers: { Range: `bytes=${offset}-${offset + length - 1}` } });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 206 || bytes.length !== length) {
        throw new Error(
          `Cannot read "${url}": ${bytes.length} bytes with status ${response.status} (${length} with 206 wanted)`,
        );
      }
      return bytes;
    },
    close: async () => {},
  };
}

/** Throws: a page has no folder to write to. */
export async function writeFileAtomic(
  path: string,
  _chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  throw new Error(`Cannot write "${path}": a browser page has no file system (offer the bytes as a download)`);
}

/** Whether `path` is a mounted blob, a folder of them, or a URL that answers. Beside mounted files nothing is asked for by URL. */
export async function pathExists(path: string): Promise<boolean> {
  if (mounted.has(path) || namesBelow(path).length > 0) return true;
  const [root] = /^[^/:]+(?=\/)/.exec(path) ?? [];
  if (root !== undefined && namesBelow(root).length > 0) return false;
  return fetch(path, { method: "HEAD" }).then(
    (response) => response.ok,
    () => false,
  );
}

/** The names right under `path` among mounted blobs, sorted. Throws when there are none: URLs cannot be listed. */
export async function listFolder(path: string): Promise<string[]> {
  const below = namesBelow(path);
  if (below.length === 0) throw new Error(`Cannot list "${path}": a browser can only list mounted files`);
  return [...new Set(below.map((name) => name.split("/")[0]))].sort();
}

/** The rest of each mounted name that begins with the folder `path`. */
function namesBelow(path: string): string[] {
  const prefix = path.replace(/\/*$/, "/");
  return [...mounted.keys()].flatMap((name) => (name.startsWith(prefix) ? [name.slice(prefix.length)] : []));
}

/** A whole UTF-8 file as text. */
export async function readText(path: string): Promise<string> {
  const source = await openFile(path);
  return new TextDecoder().decode(await source.read(0, source.size));
}

/** A file that comes with this package, by its URL beside the module that asks. */
export async function readAsset(url: URL): Promise<Uint8Array> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`Cannot read "${url.pathname}": the server answered ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** Path segments joined with "/". */
export function joinPath(...segments: string[]): string {
  return segments.map((segment, i) => (i < segments.length - 1 ? segment.replace(/\/+$/, "") : segment)).join("/");
}

/** Everything before the last "/" of `path`, "." without one. */
export function parentFolder(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "." : path.slice(0, slash) || "/";
}

function checkRange(name: string, { offset, length, size }: { offset: number; length: number; size: number }): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
    throw new RangeError(`Cannot read bytes ${offset} to ${offset + length} of "${name}": it has ${size}`);
  }
}

/** Unknown: a page is not told. */
export const freeMemoryBytes = (): number | undefined => undefined;
