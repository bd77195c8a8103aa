// The model that is taken when none is named.

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../usage-error.ts";

/** A Hub id to show people; any Stable Diffusion checkpoint would do. */
const exampleModel = "stable-diffusion-v1-5/stable-diffusion-v1-5";

/** Side of the pictures that the practice model makes unless told otherwise: its own 64 pixels are too few to look at. */
export const practiceSide = 512;

/** What people should know who see its pictures. */
export const practiceNotice = `no --model given: this practice model has random weights and paints textures, not subjects; for real pictures name a checkpoint, for example --model ${exampleModel}`;

/** The tiny model with random weights in a checkout of the repository. Throws UsageError outside of one. */
export function practiceModel(): string {
  const path = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
  if (existsSync(path)) return path;
  throw new UsageError(
    `Cannot choose a model: none is named (--model or NOISETTE_MODEL with a file, a folder or a Hub id like ${exampleModel} is wanted)`,
  );
}
