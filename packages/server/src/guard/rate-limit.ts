// How often one key may ask: a bucket that fills with time, each request takes one out of it.

import type { MiddlewareHandler } from "hono";
import type { Env } from "./keys.ts";
import { refuse } from "./refuse.ts";

const mostBuckets = 10_000;

/** Refuses more than `perMinute` requests a minute of one key, or of one address without keys. */
export function limitRate(perMinute: number): MiddlewareHandler<Env> {
  const buckets = new Map<string, { left: number; atMs: number }>();
  return async (c, next) => {
    const { incoming } = (c.env ?? {}) as { incoming?: { socket: { remoteAddress?: string } } };
    const sender = c.get("caller")?.owner || (incoming?.socket.remoteAddress ?? "");
    const nowMs = performance.now();
    const bucket = buckets.get(sender) ?? { left: perMinute, atMs: nowMs };
    bucket.left = Math.min(perMinute, bucket.left + ((nowMs - bucket.atMs) * perMinute) / 60_000);
    bucket.atMs = nowMs;
    buckets.delete(sender);
    buckets.set(sender, bucket);
    if (buckets.size > mostBuckets) buckets.delete(buckets.keys().next().value!);
    if (bucket.left < 1) {
      const retryAfter = Math.ceil(((1 - bucket.left) * 60) / perMinute);
      throw refuse(
        "too-many-requests",
        `Cannot serve so many requests: ${perMinute} a minute are allowed (a pause of ${retryAfter} s is wanted)`,
        { retryAfter },
      );
    }
    bucket.left--;
    await next();
  };
}
