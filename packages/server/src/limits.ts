// The bounds that requests are held to where the operator sets no others.

import type { Limits } from "./schema/server-info.ts";

/** Enough for one household on one machine. */
export const defaultLimits: Limits = {
  bodyBytes: 64 * 2 ** 20,
  inputPixels: 64 * 2 ** 20,
  pixels: 4096 * 4096,
  steps: 1000,
  pictures: 100,
  queuedJobs: 200,
  jobSeconds: 6 * 3600,
  streams: 1000,
  requestsPerMinute: 600,
};
