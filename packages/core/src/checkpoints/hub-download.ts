// One blob from the Hub into the cache: resumed where it was broken off, checked while it arrives, and given its final
// name only when every byte is right.
//
// The partial file is <blob>.incomplete, the name huggingface_hub before 1.18 used too, so either side continues the
// other's work. Bytes are written at their own offset, never appended: should two processes get past the lock
// (hub-lock.ts), they write the same bytes to the same places, and the first to finish renames the file.

import type { Digest, Disk, DiskFile } from "../platform/disk.ts";
import { HubError } from "./hub-error.ts";
import { withLock } from "./hub-lock.ts";
import { hubFetch, unreachable, withRetries, type HubSubject } from "./hub-request.ts";

/** A blob to fetch: where it is, how long it is, and its hash in the form the Hub uses for its kind. */
export interface HubBlob {
  readonly subject: HubSubject;
  readonly url: string;
  readonly sizeBytes: number;
  /** sha256 of the contents (64 digits), or git's sha1 of "blob <size>\0" + contents (40 digits). */
  readonly etag: string;
}

/** Where a blob goes, and who hears of it. */
export interface DownloadOptions {
  disk: Disk;
  /** Final path. */
  path: string;
  /** Lock file of this blob. */
  lockPath: string;
  /** Called with the number of bytes that are there so far. */
  onBytes?: (receivedBytes: number) => void;
}

const attemptsWithoutProgress = 5;
const readChunkBytes = 2 ** 20;

/** Makes `path` hold the blob. Throws HubError; a broken download leaves at most `<path>.incomplete` to continue from. */
export async function downloadBlob(blob: HubBlob, options: DownloadOptions): Promise<void> {
  const { disk, path, lockPath, onBytes } = options;
  const { signal } = blob.subject;
  const partial = `${path}.incomplete`;
  const isThere = async () => {
    const entry = await disk.entry(path);
    return entry?.kind === "file" && entry.sizeBytes === blob.sizeBytes;
  };
  if (await isThere()) return;
  await disk.makeFolder(path.slice(0, path.lastIndexOf("/")));
  const onWait = async () => onBytes?.((await disk.entry(partial))?.sizeBytes ?? 0);

  await withLock(lockPath, { disk, signal, onWait }, async () => {
    if (await isThere()) return;
    const resumed = (await disk.entry(partial)) !== undefined;
    try {
      await fillPartial(blob, partial, options);
    } catch (error) {
      // What an earlier run left may be wrong (a preallocated file, say): that deserves a fresh start, once.
      if (!(resumed && error instanceof HubError && error.code === "checksum")) throw error;
      await fillPartial(blob, partial, options);
    }
    await disk.rename(partial, path).catch(async (error) => {
      if (!(await isThere())) throw error; // otherwise someone else finished the same bytes
    });
  });
}

// Returns when the partial file holds the whole blob, verified and on disk. Removes it when its bytes are wrong.
async function fillPartial(blob: HubBlob, partial: string, { disk, onBytes }: DownloadOptions): Promise<void> {
  const { sizeBytes, subject } = blob;
  let file = await disk.open(partial);
  try {
    let hash = newHash(blob, disk);
    let received = await rehash(file, hash, subject.signal);

    const restart = async () => {
      await file.close();
      await disk.remove(partial); // a new file, not a truncated one: another process may be using the old
      file = await disk.open(partial);
      [hash, received] = [newHash(blob, disk), 0];
    };
    if (received > sizeBytes) await restart();
    onBytes?.(received);

    const transfer = async () => {
      const response = await hubFetch(subject)(blob.url, {
        // Compressed bytes could not be continued from the middle.
        headers: { "Accept-Encoding": "identity", ...(received > 0 && { Range: `bytes=${received}-` }) },
      });
      if (received > 0 && !isContinuation(response, received)) await restart();
      for await (const chunk of chunksOf(response, subject)) {
        if (received + chunk.length > sizeBytes) throw wrongBytes(blob, `it is longer than ${sizeBytes} bytes`);
        await file.write(chunk, received);
        hash.update(chunk);
        received += chunk.length;
        onBytes?.(received);
      }
      if (received < sizeBytes) throw unreachable(subject, new Error(`${received} of ${sizeBytes} bytes came`));
    };
    if (received < sizeBytes) {
      const progress = () => received;
      await withRetries(transfer, { attempts: attemptsWithoutProgress, signal: subject.signal, progress });
    }
    const digest = hash.digest();
    if (digest !== blob.etag) throw wrongBytes(blob, `its hash is ${digest} (${blob.etag} is wanted)`);
    await file.sync();
    if ((await file.size()) !== sizeBytes) throw wrongBytes(blob, "another program wrote to its partial file");
  } catch (error) {
    if (error instanceof HubError && error.code === "checksum") await disk.remove(partial);
    throw error;
  } finally {
    await file.close();
  }
}

function newHash({ etag, sizeBytes }: HubBlob, disk: Disk): Digest {
  if (etag.length === 64) return disk.digest("sha256");
  const hash = disk.digest("sha1");
  hash.update(new TextEncoder().encode(`blob ${sizeBytes}\0`));
  return hash;
}

// Hashes what the file holds already; returns its length.
async function rehash(file: DiskFile, hash: Digest, signal?: AbortSignal): Promise<number> {
  for (let offset = 0; ;) {
    signal?.throwIfAborted();
    const bytes = await file.read(offset, readChunkBytes);
    if (bytes.length === 0) return offset;
    hash.update(bytes);
    offset += bytes.length;
  }
}

// A server may ignore Range (200), or answer another range than the one asked for.
function isContinuation(response: Response, offset: number): boolean {
  return response.status === 206 && (response.headers.get("Content-Range") ?? "").startsWith(`bytes ${offset}-`);
}

async function* chunksOf(response: Response, subject: HubSubject): AsyncGenerator<Uint8Array> {
  const reader = response.body!.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause) => {
        throw unreachable(subject, cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => undefined); // frees the connection when the consumer stops early
  }
}

function wrongBytes({ subject, url }: HubBlob, what: string): HubError {
  const name = `${subject.repository}/${subject.file ?? ""}`;
  return new HubError("checksum", `Cannot use "${name}" from ${new URL(url).host}: ${what}`);
}
