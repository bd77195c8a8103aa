// What the server is, what it allows, and whether it is well.

import { z } from "zod";

/** The bounds that requests are held to. */
export const limits = z
  .object({
    bodyBytes: z.int().describe("Of one request, uploads included"),
    inputPixels: z.int().describe("Of a picture that is sent, decoded"),
    pixels: z.int().describe("Of a picture that is made, in its largest pass"),
    steps: z.int().describe("Of one picture"),
    pictures: z.int().describe("Of one job"),
    queuedJobs: z.int().describe("Waiting at once for one key, or for all without keys"),
    jobSeconds: z.int().describe("That one job may run"),
    streams: z.int().describe("Event streams open at once"),
    requestsPerMinute: z.int().describe("For one key, beyond loopback"),
  })
  .meta({ id: "Limits" });

/** The bounds that requests are held to. */
export type Limits = z.output<typeof limits>;

/** Whether the server is well, and what it may do. */
export const health = z
  .object({
    status: z.enum(["ok", "starting", "draining"]),
    version: z.string(),
    uptimeSeconds: z.number(),
    queued: z.int().describe("Jobs that wait"),
    running: z.int().describe("Jobs that run"),
    limits,
  })
  .meta({ id: "Health" });

/** Whether the server is well. */
export type Health = z.output<typeof health>;

/** A key, without what makes it one. */
export const keyRecord = z
  .object({ id: z.string(), name: z.string(), createdAt: z.iso.datetime() })
  .meta({ id: "KeyRecord" });

/** A key, without what makes it one. */
export type KeyRecord = z.output<typeof keyRecord>;
