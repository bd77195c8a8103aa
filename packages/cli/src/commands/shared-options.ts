// Where several servers and workers keep what they share: flags of `serve` and `worker`.

import type { SharedParts } from "@noisette/server/server-options";
import { z } from "zod";
import { UsageError } from "../usage-error.ts";

/** The flags. */
export const sharedOptions = z.object({
  queue: z
    .string()
    .regex(/^rediss?:\/\//, "a redis:// address")
    .optional()
    .describe("Redis that several servers and workers share (NOISETTE_QUEUE)"),
  database: z
    .string()
    .regex(/^postgres(ql)?:\/\//, "a postgres:// address")
    .optional()
    .describe("Postgres for their catalogue (NOISETTE_DATABASE)"),
  images: z
    .string()
    .min(1)
    .optional()
    .describe("Their pictures: s3://bucket/prefix?endpoint=…, or a folder that all see (NOISETTE_IMAGES)"),
});

/** How the flags are shown. */
export const sharedPresentations = {
  queue: { group: "Shared", value: "URL" },
  database: { group: "Shared", value: "URL" },
  images: { group: "Shared", value: "URL" },
} as const;

/** What the flags, and the environment where they are not given, say; undefined where they say nothing. */
export function sharedParts(given: z.output<typeof sharedOptions>): SharedParts | undefined {
  const { NOISETTE_QUEUE, NOISETTE_DATABASE, NOISETTE_IMAGES } = process.env;
  const parts = {
    queue: given.queue ?? (NOISETTE_QUEUE || undefined),
    database: given.database ?? (NOISETTE_DATABASE || undefined),
    images: given.images ?? (NOISETTE_IMAGES || undefined),
  };
  const missing = Object.entries(parts).flatMap(([name, value]) => (value === undefined ? [`--${name}`] : []));
  if (missing.length === 3) return undefined;
  if (missing.length > 0)
    throw new UsageError(
      `Cannot share the work: there is no ${missing.join(" and no ")} (--queue, --database and --images are wanted together)`,
    );
  return parts as SharedParts;
}
