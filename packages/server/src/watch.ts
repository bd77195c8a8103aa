// Reading a stream of server-sent events (WHATWG HTML, "Server-sent events") by fetch: with headers, which EventSource
// cannot send, and going on after the last event that was seen when the connection breaks.

/** How to follow a stream. */
export interface WatchOptions {
  /** Id of the last event that was seen: those before it are left out. */
  readonly after?: string;
  /** Leaves the stream. */
  readonly signal?: AbortSignal;
  /** How often to try again in a row where nothing comes; 10 by default. */
  readonly retries?: number;
}

/** One event as it was written. */
interface WrittenEvent {
  readonly id: string;
  readonly data: string;
}

/**
 * The events of the stream that `open` gives, until one is the last. `open` is told the id of the last event that was
 * seen; what it throws with a `problem` of 400 to 499 is thrown on, anything else and a broken stream are tried again.
 */
export async function* watch<Event extends { readonly id: string }>(
  open: (after: string | undefined, signal: AbortSignal | undefined) => Promise<Response>,
  isLast: (event: Event) => boolean,
  { after, signal, retries = 10 }: WatchOptions = {},
): AsyncGenerator<Event> {
  let seen = after;
  for (let failures = 0; ; failures++) {
    let waitMs = Math.min(10_000, 250 * 2 ** failures);
    try {
      const response = await open(seen, signal);
      for await (const { id, data } of writtenEvents(response.body!)) {
        failures = -1;
        const event = { ...(JSON.parse(data) as object), id } as Event;
        seen = id;
        yield event;
        if (isLast(event)) return;
      }
      if (failures < 0) waitMs = 250;
    } catch (error) {
      signal?.throwIfAborted();
      const { problem } = error as { problem?: { status: number; retryAfter?: number } };
      const isFinal = problem !== undefined && problem.status < 500 && problem.status !== 429;
      if (isFinal || failures >= retries) throw error;
      if (problem?.retryAfter !== undefined) waitMs = 1000 * problem.retryAfter;
    }
    if (failures >= retries) throw new Error("Cannot follow the events: the stream ends again and again");
    await wait(waitMs, signal);
  }
}

/** The events in the bytes of a stream; comments and what was cut off at its end are left out. */
export async function* writtenEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<WrittenEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  let id = "";
  let data: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const text = rest + value;
      // A \r at the end may be the first half of a \r\n.
      const end = text.endsWith("\r") ? text.length - 1 : text.length;
      const lines = text.slice(0, end).split(/\r\n|\n|\r/);
      rest = lines.pop()! + text.slice(end);
      for (const line of lines) {
        if (line === "") {
          if (data.length > 0) yield { id, data: data.join("\n") };
          data = [];
          continue;
        }
        const [, field, written] = /^([^:]*):? ?([^]*)$/.exec(line)!;
        if (field === "data") data.push(written);
        if (field === "id") id = written;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal!.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
  });
}
