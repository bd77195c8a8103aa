// Writes a full-size single-file checkpoint with random weights: right names, shapes and types, no meaning. For
// measuring loading, memory and speed without downloading gigabytes.
//
//   npx tsx --conditions=source scripts/random-checkpoint.ts sd1|sd2|sdxl|sdxl-refiner FILE.safetensors

import { fileURLToPath } from "node:url";
import { singleFiles } from "../fixtures/published-listings.ts";
import type { Listing } from "../fixtures/published-listings.ts";
import { writeSafetensors } from "../packages/core/src/safetensors/write.ts";
import { elementCount } from "../packages/core/src/tensor/tensor.ts";

const chunkLength = 2 ** 20;

/** Writes `listing`, each section's names after its prefix, as F16 to `path`. Memory stays at one chunk. */
export async function writeRandomCheckpoint(sections: Readonly<Record<string, Listing>>, path: string): Promise<void> {
  const tensors = Object.entries(sections).flatMap(([prefix, listing]) =>
    listing.map(
      ([name, dims]) => [prefix + name, { dims, type: "F16" as const, data: () => halves(name, dims) }] as const,
    ),
  );
  await writeSafetensors(path, tensors);
}

/** Weights about 1/√fan-in in size, so that signals neither grow nor fade; norms scale by 1, biases are 0. */
function* halves(name: string, dims: readonly number[]): Generator<Float32Array> {
  const count = elementCount(dims);
  const constant = name.endsWith("bias") ? 0 : dims.length < 2 ? 1 : undefined;
  const scale = 1 / Math.sqrt(count / (dims[0] ?? 1));
  let state = 1 + count;
  for (let done = 0; done < count; done += chunkLength) {
    const chunk = new Float32Array(Math.min(chunkLength, count - done));
    for (let i = 0; i < chunk.length; i++) {
      // xorshift32: quick, and good enough to be no pattern.
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      chunk[i] = constant ?? (state / 2 ** 31) * 1.73 * scale;
    }
    yield chunk;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [family, path] = process.argv.slice(2);
  if (!Object.hasOwn(singleFiles, family) || path === undefined) {
    console.error(`usage: scripts/random-checkpoint.ts ${Object.keys(singleFiles).join("|")} FILE.safetensors`);
    process.exit(2);
  }
  await writeRandomCheckpoint(singleFiles[family as keyof typeof singleFiles], path);
}
