// Full-size checkpoints of random weights, written once and kept between runs.

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeRandomCheckpoint } from "../scripts/random-checkpoint.ts";

/** Folder of what benchmarks write. */
export const benchFolder = join(tmpdir(), "noisette-bench");

/** The file `name` there, with tensors of these names and shapes. */
export async function keptCheckpoint(
  name: string,
  sections: Parameters<typeof writeRandomCheckpoint>[0],
): Promise<string> {
  const path = join(benchFolder, name);
  if (existsSync(path)) return path;
  await mkdir(benchFolder, { recursive: true });
  console.log(`writing ${path}`);
  await writeRandomCheckpoint(sections, path);
  return path;
}
