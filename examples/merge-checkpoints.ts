// Models mixed, converted and mixed block by block:
// npx tsx --conditions=source examples/merge-checkpoints.ts A.safetensors B.safetensors FOLDER

import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openCheckpoint } from "@noisette/core";
import { convertCheckpoint } from "@noisette/core/checkpoints/convert";
import { mergeCheckpoints } from "@noisette/core/checkpoints/merge";

/** Writes mixtures of the models `a` and `b` into `folder`: the paths. */
export async function mixtures(a: string, b: string, folder: string): Promise<string[]> {
  const models = await Promise.all([a, b].map((path) => openCheckpoint(path)));
  const [half, blocks, small] = ["half.safetensors", "blocks", "blocks-fp16.safetensors"].map((name) =>
    join(folder, name),
  );
  await mergeCheckpoints(models, half, { weight: 0.5, type: "F16" });

  // Composition of A, textures of B: the deep blocks keep A's weights, the outer ones take B's.
  const ramp = Array.from({ length: 12 }, (_, i) => i / 11);
  const blockWeights = [0, ...ramp.toReversed(), 0, ...ramp]; // BASE, IN00 … IN11, MID, OUT00 … OUT11
  await mergeCheckpoints(models, blocks, { blockWeights, vae: "b" });

  // A folder of diffusers' as one small file for other programs.
  for (const left of await convertCheckpoint(await openCheckpoint(blocks), small, { type: "F16" })) console.log(left);
  return [half, blocks, small];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [a, b, folder = "."] = process.argv.slice(2);
  for (const path of await mixtures(a, b, folder)) console.log(path);
}
