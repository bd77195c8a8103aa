// A run in progress, seen from outside: its events as they come, or all its pictures in the end.

import type { GenerateEvent } from "./events.ts";

/** Iterate it for events, or await it for the pictures. A loop that is left early cancels the run. */
export interface Generation<Event extends { readonly kind: string } = GenerateEvent>
  extends AsyncIterable<Event>, PromiseLike<{ readonly images: readonly Extract<Event, { kind: "image" }>[] }> {}

/** Does the work, telling `emit` what happens; stops with the signal's reason when it is aborted. */
export type Work<Event = GenerateEvent> = (emit: (event: Event) => void, signal: AbortSignal) => Promise<void>;

/** Starts `work` when the generation is first iterated or awaited. Iterating twice throws. */
export function generation<Event extends { readonly kind: string } = GenerateEvent>(
  work: Work<Event>,
  outer?: AbortSignal,
): Generation<Event> {
  type ImageEvent = Extract<Event, { kind: "image" }>;
  let started = false;

  async function* events(): AsyncGenerator<Event> {
    if (started) throw new Error("Cannot iterate a generation: it was started already (iterate or await it once)");
    started = true;
    const leave = new AbortController();
    const signal = outer === undefined ? leave.signal : AbortSignal.any([outer, leave.signal]);
    const waiting: Event[] = [];
    let wake = () => {};
    let over = false;
    const done = work((event) => {
      waiting.push(event);
      wake();
    }, signal).finally(() => {
      over = true;
      wake();
    });
    // Its error is thrown below; this keeps it from being reported as unhandled before we get there.
    done.catch(() => undefined);
    try {
      for (;;) {
        while (waiting.length > 0) yield waiting.shift()!;
        if (over) break;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      await done;
    } finally {
      leave.abort(new DOMException("The generation was left", "AbortError"));
      await done.catch(() => undefined);
    }
  }

  async function pictures(): Promise<{ images: ImageEvent[] }> {
    const images: ImageEvent[] = [];
    for await (const event of events()) if (event.kind === "image") images.push(event as ImageEvent);
    return { images };
  }

  return {
    [Symbol.asyncIterator]: events,
    // A generation is awaited for its pictures, as a database query is for its rows.
    // oxlint-disable-next-line unicorn/no-thenable
    then: (resolve, reject) => pictures().then(resolve, reject),
  };
}
