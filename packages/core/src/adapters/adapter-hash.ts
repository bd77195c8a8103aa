// How pictures say which LoRA made them: the first 12 digits of the hash that kohya's trainer and A1111 agree on.

import { openFile } from "#platform";
import { sha256Of } from "../checkpoints/model-hash.ts";

const hexDigits = 12;

/**
 * A1111's hash of an adapter: what its trainer noted as `sshs_model_hash`, else the SHA-256 of a safetensors file without its
 * header (so that other metadata does not change it), or of all of another file.
 */
export async function adapterHash(path: string, metadata: Readonly<Record<string, string>>): Promise<string> {
  const noted = metadata.sshs_model_hash;
  if (noted !== undefined && /^[0-9a-f]{12,}$/.test(noted)) return noted.slice(0, hexDigits);
  return (await sha256Of([path], await headerBytes(path))).slice(0, hexDigits);
}

/** Where the values of a safetensors file begin; 0 for other files. */
async function headerBytes(path: string): Promise<number> {
  const source = await openFile(path);
  try {
    const start = await source.read(0, Math.min(9, source.size));
    const isSafetensors = start.length === 9 && start[8] === 0x7b && start.subarray(4, 8).every((byte) => byte === 0);
    return isSafetensors ? 8 + new DataView(start.buffer, start.byteOffset).getUint32(0, true) : 0;
  } finally {
    await source.close();
  }
}
