// A1111's "Model hash": how images say which weights made them.

import { disk, joinPath, openFile } from "#platform";
import type { Disk } from "../platform/disk.ts";

/** Small enough that the thread is free again within some milliseconds. */
const chunkBytes = 2 ** 22;
const hexDigits = 10;
const maxPageBytes = 2 ** 31 - 1;

/**
 * The first 10 hex digits of the SHA-256 of a file, or of several one after the other. Gigabytes take seconds, so where
 * there is a disk the answer is kept under the files' paths, sizes and times of change.
 */
export async function modelHash(paths: readonly string[]): Promise<string> {
  const kept = disk && (await keptAnswer(paths, disk));
  const known = kept && (await disk!.readText(kept.path));
  if (known !== undefined && known.length === hexDigits) return known;
  const hash = (await sha256Of(paths)).slice(0, hexDigits);
  // Without a place to keep it (a read-only home), the next run counts again.
  if (kept)
    await disk!
      .makeFolder(kept.folder)
      .then(
        () => disk!.writeNew(kept.path, hash),
        () => false,
      )
      .catch(() => false);
  return hash;
}

/** Where the answer for `paths`, as they are now, is kept. */
async function keptAnswer(paths: readonly string[], disk: Disk): Promise<{ folder: string; path: string } | undefined> {
  const key = disk.digest("sha1");
  for (const path of paths) {
    const entry = await disk.entry(path);
    if (entry === undefined) return undefined;
    key.update(new TextEncoder().encode(`${path}\n${entry.sizeBytes}\n${entry.modifiedMs}\n`));
  }
  const folder = joinPath(
    disk.environment("XDG_CACHE_HOME") ?? joinPath(disk.homeFolder(), ".cache"),
    "noisette",
    "model-hashes",
  );
  return { folder, path: joinPath(folder, key.digest()) };
}

/** The SHA-256, in hex, of a file from byte `from` on, or of several one after the other. */
export async function sha256Of(paths: readonly string[], from = 0): Promise<string> {
  const sha256 = disk?.digest("sha256") ?? pageDigest();
  for (const path of paths) {
    const source = await openFile(path);
    try {
      for (let offset = from; offset < source.size; offset += chunkBytes) {
        sha256.update(await source.read(offset, Math.min(chunkBytes, source.size - offset)));
      }
    } finally {
      await source.close();
    }
  }
  return sha256.digest();
}

/** SHA-256 in a page, which can only digest bytes that it holds all at once. */
function pageDigest(): { update(bytes: Uint8Array): void; digest(): Promise<string> } {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  return {
    update(bytes) {
      sizeBytes += bytes.length;
      if (sizeBytes > maxPageBytes) {
        throw new Error(
          `Cannot hash the checkpoint: it is larger than ${maxPageBytes} bytes (a browser page digests less)`,
        );
      }
      parts.push(bytes as Uint8Array<ArrayBuffer>);
    },
    async digest() {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer()));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
    },
  };
}
