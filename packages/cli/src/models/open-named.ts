// A checkpoint by the name that a person gives it: a path or a Hub id.

import type { Checkpoint } from "@noisette/core";
import type { OpenCheckpointOptions } from "@noisette/core/checkpoints/checkpoint";
import { resolveModel } from "@noisette/core/checkpoints/hub";
import { openCheckpoint } from "@noisette/core/checkpoints/open";
import type { Progress } from "../terminal/progress.ts";

/** Opens the checkpoint `name`; one of the Hub is downloaded first. */
export async function openNamed(
  name: string,
  { revision, ...opening }: OpenCheckpointOptions & { readonly revision?: string },
  { progress, signal }: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<Checkpoint> {
  const { variant } = opening;
  const path = await resolveModel(name, { revision, variant, signal, onProgress: progress.download });
  progress.loading(name);
  return openCheckpoint(path, opening);
}
