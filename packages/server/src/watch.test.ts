import fc from "fast-check";
import { expect, test } from "vitest";
import { watch, writtenEvents } from "./watch.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** A stream of these pieces. */
const streamOf = (pieces: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

async function read(pieces: readonly Uint8Array[]) {
  const events = [];
  for await (const event of writtenEvents(streamOf(pieces))) events.push(event);
  return events;
}

test("writtenEvents() reads ids and data and leaves out comments and what was cut off", async () => {
  const text =
    ': hello\nretry: 10\n\nid: 1\nevent: step\ndata: {"a":1}\n\ndata: two\ndata:lines\n\nid: 3\ndata: lost\n';
  expect(await read([encode(text)])).toEqual([
    { id: "1", data: '{"a":1}' },
    { id: "1", data: "two\nlines" },
  ]);
});

test("writtenEvents() reads the same when the bytes come in any pieces and with any ends of lines", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.jsonValue(), { maxLength: 5 }),
      fc.constantFrom("\n", "\r\n", "\r"),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      async (values, end, sizes) => {
        const text = values.map((value, i) => `id: ${i}${end}data: ${JSON.stringify(value)}${end}${end}`).join("");
        const bytes = encode(`${text}:${end}`);
        let at = 0;
        const pieces = Array.from({ length: bytes.length }, (_, i) => bytes.slice(at, (at += sizes[i % sizes.length])));
        const events = await read(pieces);
        expect(events.map(({ id, data }) => [id, JSON.parse(data)])).toEqual(
          values.map((value, i) => [String(i), JSON.parse(JSON.stringify(value))]),
        );
      },
    ),
  );
});

test("writtenEvents() ends quietly when the bytes are anything", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => void (await read([bytes]))));
});

test("watch() goes on after the last event it saw when the connection breaks", async () => {
  const asked: (string | undefined)[] = [];
  const answers = ['id: 1\ndata: {"n":1}\n\nid: 2\ndata: {"n":2}\n\nid: 3\ndata: {"n"', 'id: 3\ndata: {"n":3}\n\n'];
  const open = async (after: string | undefined) => {
    asked.push(after);
    return new Response(answers[asked.length - 1]);
  };
  const seen = [];
  for await (const event of watch<{ id: string; n: number }>(open, ({ n }) => n === 3)) seen.push(event.n);
  expect([seen, asked]).toEqual([
    [1, 2, 3],
    [undefined, "2"],
  ]);
});

test("watch() throws what the server refuses and tries again what it cannot do now", async () => {
  const refusal = (status: number) =>
    Object.assign(new Error(String(status)), { problem: { status, retryAfter: 0.01 } });
  let calls = 0;
  const failing = (statuses: readonly number[]) => async () => {
    throw refusal(statuses[Math.min(calls++, statuses.length - 1)]);
  };
  await expect(watch(failing([404]), () => true).next()).rejects.toThrow("404");
  expect(calls).toBe(1);
  calls = 0;
  await expect(watch(failing([503, 429, 401]), () => true).next()).rejects.toThrow("401");
  expect(calls).toBe(3);
});
