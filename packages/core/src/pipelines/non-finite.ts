// Why a picture turned to NaN: a weight that is NaN itself is found and named.

import type { Checkpoint } from "../checkpoints/checkpoint.ts";
import { openFile } from "#platform";
import { readTensor } from "../safetensors/read-tensor.ts";

/** `error`, and when it says that values were not finite, with the first weight of the UNet that is not finite either. */
export async function explainNonFinite(error: unknown, { networks }: Checkpoint): Promise<unknown> {
  if (!(error instanceof Error) || !/NaN|finite/.test(error.message)) return error;
  const sources = new Map<string, Awaited<ReturnType<typeof openFile>>>();
  try {
    for (const [name, stored] of networks.unet.tensors) {
      const source = sources.get(stored.file) ?? (await openFile(stored.file));
      sources.set(stored.file, source);
      const { data } = await readTensor(source, stored);
      if (data.some((value) => !Number.isFinite(value))) {
        return new Error(
          `${error.message}; weight "${name}" of "${stored.file}" has NaN or infinite values itself (an undamaged file is wanted)`,
          { cause: error },
        );
      }
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
  return error;
}
