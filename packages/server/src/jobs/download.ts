// The task "download": a model from the Hugging Face Hub into this machine's cache, where it is installed then.

import { resolveModel } from "@noisette/core/checkpoints/hub";
import { refuse } from "../guard/refuse.ts";
import type { Task } from "./run-job.ts";

const tellEveryMs = 250;

/** Fetches what the request's model needs. A download that breaks off goes on where it was when it is begun again. */
export const download: Task<"download"> = async ({ request, signal, tell }) => {
  let toldMs = 0;
  await resolveModel(request.repository, {
    revision: request.revision,
    variant: request.variant,
    signal,
    onProgress({ file, receivedBytes, totalBytes }) {
      if (performance.now() - toldMs < tellEveryMs && receivedBytes < totalBytes) return;
      toldMs = performance.now();
      const done = totalBytes === 0 ? 0 : receivedBytes / totalBytes;
      tell({ kind: "progress", done, count: receivedBytes, total: totalBytes, unit: "bytes", name: file });
    },
  }).catch((cause: Error) => {
    if (signal.aborted) throw cause;
    throw refuse("generation-failed", cause.message, { cause });
  });
  return 0;
};
