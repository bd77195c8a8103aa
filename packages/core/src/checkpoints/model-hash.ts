// A1111's "Model hash": how images say which weights made them.

import { disk, openFile } from "#platform";

const chunkBytes = 2 ** 24;
const hexDigits = 10;

/** The first 10 hex digits of the SHA-256 of a file, read in pieces. Minutes for gigabytes on a slow disk. */
export async function modelHash(path: string): Promise<string> {
  const source = await openFile(path);
  try {
    if (disk === undefined) {
      // A page can only digest bytes that it holds at once.
      const bytes = (await source.read(0, source.size)) as Uint8Array<ArrayBuffer>;
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0"))
        .join("")
        .slice(0, hexDigits);
    }
    const sha256 = disk.digest("sha256");
    for (let offset = 0; offset < source.size; offset += chunkBytes) {
      sha256.update(await source.read(offset, Math.min(chunkBytes, source.size - offset)));
    }
    return sha256.digest().slice(0, hexDigits);
  } finally {
    await source.close();
  }
}
