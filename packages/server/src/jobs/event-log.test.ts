import { expect, test } from "vitest";
import type { JobEvent, JobHappening } from "../schema/job-event.ts";
import { isLater, jobEventLog } from "./event-log.ts";

const step = (number: number) =>
  ({ kind: "step", picture: 0, step: number, steps: 999, sigma: 1, stepMs: 1, done: 0, remainingMs: 0 }) as const;

test("follow() gives what is there and then what comes, to every reader at its own pace", async () => {
  const log = jobEventLog();
  log.append("a", { kind: "started", attempt: 1 });
  const { signal } = new AbortController();
  const fast = log.follow("a", { signal });
  const slow = log.follow("a", { signal });
  expect((await fast.next()).value).toMatchObject({ kind: "started" });
  const waiting = fast.next();
  for (let i = 1; i <= 3; i++) {
    log.append("a", { kind: "preview", picture: 0, step: i, image: "" });
    log.append("a", step(i));
  }
  log.append("a", { kind: "done", images: 0 });
  expect((await waiting).value).toMatchObject({ kind: "step", step: 1 });
  const rest = [];
  for await (const event of slow) rest.push(event);
  // Of previews only the last is left; steps are all there.
  expect(rest.map(({ kind }) => kind)).toEqual(["started", "step", "step", "preview", "step", "done"]);
  const again = [];
  for await (const event of log.follow("a", { after: rest[3].id, signal })) again.push(event);
  expect(again).toEqual(rest.slice(4));
});

test("append() keeps a bounded number of events however long a job is", () => {
  const log = jobEventLog();
  for (let i = 0; i < 2000; i++) log.append("a", step(i));
  expect(log.latest("a", "step")).toMatchObject({ step: 1999 });
  for (let i = 0; i < 400; i++) log.append(`over ${i}`, { kind: "done", images: 0 });
  const last = (name: string) => log.latest(name, "done")?.kind ?? log.latest(name, "step")?.kind;
  expect([last("over 0"), last("over 399"), last("a")]).toEqual([undefined, "done", "step"]);
});

test("begin() puts the past before what happens while it is read, once", async () => {
  const log = jobEventLog();
  log.append("a", { kind: "started", attempt: 1 });
  expect([log.has("a"), log.latest("a", "started")?.attempt]).toEqual([false, 1]);
  let told!: (past: readonly JobHappening[]) => void;
  const past = () => new Promise<readonly JobHappening[]>((resolve) => (told = resolve));
  const [first, second] = [log.begin("a", past), log.begin("a", past)];
  log.append("a", step(1));
  told([{ kind: "started", attempt: 2 }]);
  await Promise.all([first, second]);
  await log.begin("a", () => Promise.reject(new Error("it has begun")));
  log.append("a", { kind: "done", images: 0 });
  const events: JobEvent[] = [];
  for await (const event of log.follow("a", { signal: new AbortController().signal })) events.push(event);
  expect(events.map(({ kind }) => kind)).toEqual(["started", "step", "done"]);
  expect(events[0]).toMatchObject({ attempt: 2 });
  expect(events.every(({ id }, i) => i === 0 || isLater(id, events[i - 1].id))).toBe(true);
});

test("follow() ends when its reader leaves", async () => {
  const leave = new AbortController();
  const events = jobEventLog().follow("a", { signal: leave.signal });
  const next = events.next();
  leave.abort();
  expect((await next).done).toBe(true);
});

test("isLater() orders ids by time and number, and what is no id before all", () => {
  expect(isLater("10-2", "9-5")).toBe(true);
  expect(isLater("10-2", "10-2")).toBe(false);
  expect(isLater("10-10", "10-9")).toBe(true);
  expect(isLater("1-0", "nonsense")).toBe(true);
});
