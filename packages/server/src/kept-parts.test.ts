// What servers keep, in both of its forms: alone in a folder, and shared by Postgres, Redis and S3.

import { randomBytes } from "node:crypto";
import { keptForms } from "../../../fixtures/kept-forms.ts";
import type { Form } from "../../../fixtures/kept-forms.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseRequest } from "./jobs/accept-job.ts";
import type { Networks } from "./queue/queue.ts";
import type { KeptParts } from "./shared-parts.ts";

const everything: Networks = { isOpen: async () => false, has: async () => true };
const request = (changes: object = {}) =>
  parseRequest({ task: "generate", model: "tiny", options: { prompt: "a fox" }, ...changes });
const newJob = (changes: object = {}, more: { owner?: string; idempotencyKey?: string } = {}) => ({
  id: randomBytes(10).toString("hex"),
  owner: "",
  idempotencyKey: undefined,
  ...more,
  request: request(changes),
});
const newImage = (job: string, changes: object = {}) => ({
  id: `${job}.0`,
  job,
  picture: 0,
  file: `pictures/${job}.png`,
  width: 64,
  height: 64,
  sizeBytes: 10,
  prompt: "a Red fox",
  negativePrompt: "",
  model: "tiny",
  modelHash: "00",
  sampler: "euler",
  seed: 4_294_967_295,
  steps: 3,
  guidanceScale: 7.5,
  record: { a: "\0" },
  ...changes,
});

describe.each(keptForms.filter(({ reason }) => reason === undefined))("what is kept $name", ({ name, start }) => {
  let form: Form;
  let kept: KeptParts;
  beforeAll(async () => {
    form = await start();
    // Those that start together make the tables once.
    const [first, ...others] = await Promise.all(Array.from({ length: form.together }, () => form.open()));
    kept = first;
    for (const other of others) await other.close();
  });
  afterAll(async () => {
    await kept?.close();
    await form?.remove();
  });

  test("JobTable gives the line by priority, then in the order of acceptance, and each job one end", async () => {
    const { jobs } = kept.catalogue;
    const rows = [];
    for (const priority of [0, 5, 0]) rows.push((await jobs.insert(newJob({ priority }), 10))!);
    const [first, urgent, last] = rows.map(({ id }) => id);
    expect((await jobs.head(10)).map(({ id }) => id)).toEqual([urgent, first, last]);
    expect((await jobs.head(1))[0]).toEqual({ id: urgent, priority: 5, network: "model tiny" });
    expect(await jobs.place(last)).toBe(3);
    expect(await jobs.begin(urgent)).toMatchObject({ attempts: 1, is_first: true, state: "running" });
    expect(await jobs.begin(urgent)).toMatchObject({ attempts: 2, is_first: false });
    expect((await jobs.open(10)).length).toBe(3);
    expect(await jobs.finish(urgent, "done")).toBe(true);
    expect(await jobs.finish(urgent, "failed")).toBe(false);
    expect(await jobs.begin(urgent)).toBeUndefined();
    expect([await jobs.cancelWaiting(first), await jobs.cancelWaiting(first)]).toEqual([true, false]);
    await jobs.begin(last);
    await jobs.putBack(last);
    expect(await jobs.find(last)).toMatchObject({ state: "queued", attempts: 0 });
    await jobs.addNotice(last, "it \ud800 is");
    await jobs.addNotice(last, "it \ud800 is");
    expect((await jobs.find(last))!.notices).toEqual(["it \uFFFD is"]);
    await jobs.finish(last, "cancelled");
  });

  test("JobTable.insert() makes a job once for one idempotency key, and no more than may wait", async () => {
    const { jobs } = kept.catalogue;
    const own = { owner: "somebody" };
    const sent = newJob({}, { ...own, idempotencyKey: "k" });
    const first = await jobs.insert(sent, 2);
    expect((await jobs.insert(newJob({}, { ...own, idempotencyKey: "k" }), 2))!.id).toBe(first!.id);
    expect((await jobs.insert(sent, 2))!.id).toBe(first!.id);
    const second = await jobs.insert(newJob({}, own), 2);
    expect(await jobs.insert(newJob({}, own), 2)).toBeUndefined();
    expect([await jobs.waiting("somebody"), await jobs.waiting("nobody")]).toEqual([2, 0]);
    for (const row of [first, second]) await jobs.finish(row!.id, "cancelled");
  });

  test("ImageTable finds pictures by words, and keeps rows of deleted ones out of sight", async () => {
    const { jobs, images } = kept.catalogue;
    const { id } = (await jobs.insert(newJob(), 10))!;
    await jobs.finish(id, "done");
    expect(await images.insert(newImage(id))).toMatchObject({
      seed: 4_294_967_295,
      guidanceScale: 7.5,
      prompt: "a Red fox",
    });
    expect(await images.insert(newImage(id))).toBeUndefined();
    await images.insert(newImage(id, { id: `${id}.1`, picture: 1, prompt: "100% owl" }));
    const found = async (words: string[]) =>
      (await images.search({ words, limit: 10 })).map(({ image }) => image.index);
    expect([await found(["red"]), await found(["0%"]), await found(["_"]), await found([])]).toEqual([
      [0],
      [1],
      [],
      [1, 0],
    ]);
    expect(await images.find(`${id}.0`)).toMatchObject({ record: { a: "\uFFFD" }, file: `pictures/${id}.png` });
    await images.remove(`${id}.0`);
    expect([await found([]), await images.made(id)]).toEqual([[1], expect.arrayContaining([0, 1])]);
  });

  test("FileStore gives back what was written, also names of folders, and refuses what is no name", async () => {
    const { store } = kept;
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i);
    await store.write("pictures/ab/one.png", bytes.slice(1));
    await store.write("pictures/ab/one.png", bytes);
    expect(await store.read("pictures/ab/one.png")).toSatisfy((read: Uint8Array) => Buffer.compare(read, bytes) === 0);
    expect([await store.has("pictures/ab/one.png"), await store.has("pictures/ab/two.png")]).toEqual([true, false]);
    await store.remove("pictures/ab/one.png");
    await store.remove("pictures/ab/one.png");
    expect(await store.read("pictures/ab/one.png")).toBeUndefined();
    for (const wrong of ["../a", "/a", "a//b", ".a", "a b", ""]) {
      await expect(store.write(wrong, bytes)).rejects.toThrow(/no name of the store/);
    }
  });

  test("Queue brings each job to one worker once, the most urgent first, and again what threw", async () => {
    const { catalogue, queue } = kept;
    const ids: string[] = [];
    for (const priority of [0, 0, 3, -2, 0, 9]) {
      const row = (await catalogue.jobs.insert(newJob({ priority }), 100))!;
      await queue.add(row);
      await queue.add(row);
      ids.push(row.id);
    }
    const taken: string[] = [];
    let throws = 1;
    const all = deferred();
    const worker = queue.work(
      async (id) => {
        if (throws-- > 0) throw new Error("the catalogue is away");
        if ((await catalogue.jobs.begin(id)) === undefined) return;
        taken.push(id);
        await catalogue.jobs.finish(id, "done");
        if (taken.length === ids.length) all.resolve(undefined);
      },
      { concurrency: 1, networks: everything },
    );
    await all.promise;
    await worker.close(1000);
    expect(taken.toSorted()).toEqual(ids.toSorted());
    expect(taken.filter((id) => id !== ids[5])).toEqual([2, 0, 1, 4, 3].map((i) => ids[i]));
  });

  test("Queue lets jobs go first whose network is open, and passes by those that a worker does not have", async () => {
    const { catalogue, queue } = kept;
    const ids = [];
    for (const model of ["a", "b", "c", "b"]) {
      const row = (await catalogue.jobs.insert(newJob({ model }), 100))!;
      await queue.add(row);
      ids.push(row.id);
    }
    const taken: string[] = [];
    const three = deferred();
    const networks = {
      isOpen: async (network: string) => network === "model b",
      has: async (network: string) => network !== "model c" || name === "in a folder",
    };
    const worker = queue.work(
      async (id) => {
        if ((await catalogue.jobs.begin(id)) === undefined) return;
        taken.push(id);
        await catalogue.jobs.finish(id, "done");
        if (taken.length === 3) three.resolve(undefined);
      },
      { concurrency: 1, networks },
    );
    await three.promise;
    await worker.close(1000);
    expect(taken.slice(0, 3)).toEqual([ids[1], ids[3], ids[0]]);
    await catalogue.jobs.finish(ids[2], "cancelled");
  });

  test("Queue brings the next job when the one before is released, though it is not over", async () => {
    const { catalogue, queue } = kept;
    const [first, second] = [await catalogue.jobs.insert(newJob(), 100), await catalogue.jobs.insert(newJob(), 100)];
    const told: string[] = [];
    const bothBegun = deferred();
    const worker = queue.work(
      async (id, _signal, release) => {
        if ((await catalogue.jobs.begin(id)) === undefined) return;
        told.push(`${id} begun`);
        if (id === second!.id) bothBegun.resolve(undefined);
        release();
        // Without its being released, this would wait for ever.
        await bothBegun.promise;
        await catalogue.jobs.finish(id, "done");
        told.push(`${id} over`);
      },
      { concurrency: 1, networks: everything },
    );
    for (const row of [first!, second!]) await queue.add(row);
    await bothBegun.promise;
    await worker.close(1000);
    expect(told.slice(0, 2)).toEqual([`${first!.id} begun`, `${second!.id} begun`]);
    expect(told.toSorted()).toEqual([first!, second!].flatMap(({ id }) => [`${id} begun`, `${id} over`]).toSorted());
  });

  test("Queue.cancel() aborts the work, and a worker that closes puts it back for the next", async () => {
    const { catalogue, queue } = kept;
    const rows = [];
    for (let i = 0; i < 2; i++) rows.push((await catalogue.jobs.insert(newJob(), 100))!);
    const untilAborted = (signal: AbortSignal) =>
      new Promise<string>((resolve) => signal.addEventListener("abort", () => resolve(String(signal.reason))));
    const begun = new Map<string, Promise<string>>();
    const both = deferred();
    const worker = queue.work(
      async (id, signal) => {
        if ((await catalogue.jobs.begin(id)) === undefined) return;
        const reason = untilAborted(signal);
        begun.set(id, reason);
        if (begun.size === 2) both.resolve(undefined);
        if ((await reason) === "cancelled") await catalogue.jobs.finish(id, "cancelled");
        else await catalogue.jobs.putBack(id);
      },
      { concurrency: 2, networks: everything },
    );
    for (const row of rows) await queue.add(row);
    await both.promise;
    await queue.cancel(rows[0].id);
    expect(await begun.get(rows[0].id)).toBe("cancelled");
    await worker.close(10);
    expect(await begun.get(rows[1].id)).toBe("drained");

    const again = deferred<string>();
    const second = queue.work(
      async (id) => {
        if ((await catalogue.jobs.begin(id)) === undefined) return;
        await catalogue.jobs.finish(id, "done");
        again.resolve(id);
      },
      { concurrency: 1, networks: everything },
    );
    expect(await again.promise).toBe(rows[1].id);
    await second.close(1000);
  });

  test("everything is there again when it is opened anew", async () => {
    const row = (await kept.catalogue.jobs.insert(newJob(), 100))!;
    await kept.store.write("uploads/kept", Uint8Array.of(1));
    await kept.close();
    kept = await form.open();
    expect(await kept.store.read("uploads/kept")).toSatisfy((bytes: Uint8Array) => bytes[0] === 1);
    const again = deferred<string>();
    // Nobody added it to the queue: what stands in the catalogue is found there.
    const worker = kept.queue.work(
      async (id) => {
        if ((await kept.catalogue.jobs.begin(id)) === undefined) return;
        await kept.catalogue.jobs.finish(id, "done");
        again.resolve(id);
      },
      { concurrency: 1, networks: everything },
    );
    expect(await again.promise).toBe(row.id);
    await worker.close(1000);
  });
});

function deferred<T = unknown>() {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((given) => (resolve = given));
  return { promise, resolve };
}

test("what is kept is tested in all its forms", ({ skip }) => {
  const missing = keptForms.map(({ reason }) => reason).find((reason) => reason !== undefined);
  if (missing !== undefined) skip(missing);
  expect(missing).toBeUndefined();
});
