// Server-sent events: each under its id, so that a browser or our client goes on after the last it saw. A stream is written
// as fast as its reader takes it; one that takes nothing for long is ended, and may come back.

import type { Context } from "hono";
import { streamSSE } from "hono/streaming";
import { refuse } from "../guard/refuse.ts";

const aliveEveryMs = 15_000;
const patienceMs = 30_000;

/** Bounds how many streams are open at once. */
export interface StreamGate {
  /** Takes a place and gives what returns it. Throws a problem when all are taken. */
  enter(): () => void;
  readonly open: number;
}

/** A gate for `most` streams. */
export function streamGate(most: number): StreamGate {
  let open = 0;
  return {
    get open() {
      return open;
    },
    enter() {
      if (open >= most)
        throw refuse(
          "too-many-streams",
          `Cannot open a stream: ${most} are open (a pause, or GET instead, is wanted)`,
          {
            retryAfter: 5,
          },
        );
      open++;
      let isOpen = true;
      return () => {
        if (isOpen) open--;
        isOpen = false;
      };
    },
  };
}

/** Sends the events that `follow` gives after the id in Last-Event-ID. */
export function sendEvents(
  c: Context,
  gate: StreamGate,
  follow: (options: { readonly after?: string; readonly signal: AbortSignal }) => AsyncGenerator<{
    readonly id: string;
    readonly kind: string;
  }>,
): Response {
  const leave = gate.enter();
  const after = c.req.header("last-event-id") ?? c.req.query("after");
  // Proxies that gather answers before they send them would keep events back.
  c.header("x-accel-buffering", "no");
  return streamSSE(c, async (stream) => {
    const ended = new AbortController();
    stream.onAbort(() => ended.abort());
    // Whoever waits for an event learns so that the connection still stands.
    const alive = setInterval(() => void write(": alive\n\n"), aliveEveryMs);
    async function write(text: string): Promise<void> {
      const timer = setTimeout(() => {
        ended.abort();
        stream.abort();
      }, patienceMs);
      await stream.write(text);
      clearTimeout(timer);
    }
    try {
      await write("retry: 1000\n\n");
      for await (const event of follow({ after, signal: ended.signal })) {
        const { id, ...data } = event;
        await write(`id: ${id}\nevent: ${event.kind}\ndata: ${JSON.stringify(data)}\n\n`);
      }
    } finally {
      clearInterval(alive);
      leave();
    }
  });
}
