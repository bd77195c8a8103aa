import { expect, test } from "vitest";
import type { ImageRecord } from "@noisette/server/schema/image";
import type { JobHappening } from "@noisette/server/schema/job-event";
import type { Job } from "@noisette/server/schema/job";
import { afterEvent, isOver, viewOfJob } from "./job-view.ts";

const job = {
  id: "j",
  state: "queued",
  task: "generate",
  request: { task: "generate", options: { prompt: "a fox" } },
  place: 2,
  attempts: 0,
  images: [],
  notices: [],
  createdAt: "2026-01-01T00:00:00.000Z",
} as unknown as Job;
const image = (index: number) => ({ id: `j.${index}`, index }) as ImageRecord;
const after = (...events: JobHappening[]) => events.reduce(afterEvent, viewOfJob(job, "create"));

test("afterEvent() tells place, loading, steps and the end when they come in order", () => {
  expect(after({ kind: "queued", place: 1 })).toMatchObject({ state: "queued", place: 1 });
  expect(after({ kind: "started", attempt: 1 }, { kind: "loading", model: "m" })).toMatchObject({
    state: "running",
    place: undefined,
    loading: "m",
  });
  const step = {
    kind: "step",
    picture: 1,
    step: 3,
    steps: 8,
    sigma: 2,
    stepMs: 5,
    done: 0.7,
    remainingMs: 40,
  } as const;
  const stepped = after({ kind: "loading", model: "m" }, step);
  expect(stepped).toMatchObject({
    loading: undefined,
    done: 0.7,
    remainingMs: 40,
    step: { picture: 1, step: 3, steps: 8 },
  });
  expect(isOver(stepped)).toBe(false);
  expect(isOver(after({ kind: "done", images: 1 }))).toBe(true);
});

test("afterEvent() keeps pictures in their order and each but once when a stream is told again", () => {
  const { images } = after(
    { kind: "image", image: image(1) },
    { kind: "image", image: image(0) },
    { kind: "image", image: image(1) },
  );
  expect(images.map(({ index }) => index)).toEqual([0, 1]);
});

test("afterEvent() keeps a notice once and the newest preview of each picture", () => {
  const { notices, previews } = after(
    { kind: "notice", text: "slow" },
    { kind: "notice", text: "slow" },
    { kind: "preview", picture: 0, step: 1, image: "a" },
    { kind: "preview", picture: 0, step: 2, image: "b" },
  );
  expect([notices, previews]).toEqual([["slow"], { 0: "b" }]);
});
