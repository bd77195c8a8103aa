// Two servers and three workers behind one queue, and what may befall them.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { startS3 } from "../../../fixtures/s3-server.ts";
import type { S3Server } from "../../../fixtures/s3-server.ts";
import { noPostgres, noRedis, startPostgres, startRedis } from "../../../fixtures/system-programs.ts";
import type { SystemProgram } from "../../../fixtures/system-programs.ts";
import { connect } from "./client.ts";
import type { Client } from "./client.ts";
import type { JobEvent } from "./schema/job-event.ts";
import type { JobRequest } from "./schema/job-request.ts";
import type { Job } from "./schema/job.ts";
import type { SharedParts } from "./server-options.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";
import { startWorker } from "./worker.ts";
import type { JobWorker } from "./worker.ts";

const reason = noRedis ?? noPostgres;
const model = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));
const options = {
  given: [{ id: "tiny", path: model }],
  hubCache: false,
  engine: { device: "cpu", threads: 1 },
} as const;
const fox = (more: object = {}): JobRequest => ({
  task: "generate",
  options: { prompt: "a red fox", steps: 3, width: 64, height: 64, seed: 7, ...more },
});

async function eventsOf(client: Client, id: string): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of client.watchJob(id)) events.push(event);
  return events;
}

async function until(kind: "step" | "image", client: Client, id: string): Promise<void> {
  for await (const event of client.watchJob(id)) if (event.kind === kind) return;
}

/** A worker in a process of its own. */
async function startWorkerProcess(shared: SharedParts): Promise<ChildProcess> {
  const source = import.meta.url;
  const child = fork(
    fileURLToPath(new URL("../../../fixtures/work-in-a-process.ts", source)),
    [JSON.stringify(shared)],
    {
      execArgv: ["--conditions=source", "--import", pathToFileURL(createRequire(source).resolve("tsx/esm")).href],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    },
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout!.once("data", () => resolve());
    child.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
  return child;
}

describe.skipIf(reason !== undefined)("two servers and three workers", () => {
  let redis: SystemProgram;
  let postgres: SystemProgram;
  let s3: S3Server;
  let folder: string;
  let shared: SharedParts;
  let servers: Server[] = [];
  let clients: Client[];
  let workers: JobWorker[] = [];

  beforeAll(async () => {
    const keys = { accessKeyId: "id", secretAccessKey: "secret" };
    [redis, postgres, s3, folder] = await Promise.all([
      startRedis(),
      startPostgres(),
      startS3({ bucket: "pictures", ...keys }),
      mkdtemp(join(tmpdir(), "noisette-scaled-")),
    ]);
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: keys.accessKeyId, AWS_SECRET_ACCESS_KEY: keys.secretAccessKey });
    shared = {
      queue: redis.url,
      database: postgres.url,
      images: `s3://pictures/noisette?endpoint=${s3.endpoint}`,
      stalledAfterMs: 1500,
    };
    servers = [0, 1].map(() => createServer({ data: folder, shared, concurrency: 0, ...options }));
    clients = [];
    for (const server of servers) clients.push(connect((await server.listen({ port: 0 })).url));
    await Promise.all(servers.map((server) => server.ready()));
  });
  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.close()));
    await Promise.all(servers.map((server) => server.close()));
    await Promise.all([redis?.stop(), postgres?.stop(), s3?.close()]);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  /** All jobs are done, each with all its pictures, none of them twice. */
  async function expectAllDone(ids: readonly string[]): Promise<Job[]> {
    const ends = await Promise.all(ids.map((id, i) => eventsOf(clients[i % 2], id)));
    expect(ends.map((events) => events.at(-1)!.kind)).toEqual(ids.map(() => "done"));
    const jobs = await Promise.all(ids.map((id, i) => clients[(i + 1) % 2].job(id)));
    for (const { state, images, request } of jobs) {
      expect(state).toBe("done");
      const { count } = (request as Extract<JobRequest, { task: "generate" }>).options as { count: number };
      expect(images.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i));
    }
    return jobs;
  }

  test("a job of a worker that is killed in the middle goes on at another, and nothing is lost or doubled", async () => {
    const victim = await startWorkerProcess(shared);
    onTestFinished(() => void victim.kill("SIGKILL"));
    const [a, b] = clients;
    const first = await a.createJob(fox({ count: 3, steps: 90 }));
    const ids = [first.id];
    for (let i = 0; i < 7; i++) ids.push((await clients[i % 2].createJob(fox({ count: 2, seed: i }))).id);
    await until("image", b, first.id);
    const [kept] = (await b.job(first.id)).images;
    victim.kill("SIGKILL");

    workers = await Promise.all([0, 1].map(() => startWorker({ shared, ...options })));
    const [done] = await expectAllDone(ids);
    expect(done.attempts).toBe(2);
    expect(done.images[0]).toEqual(kept);
    expect(s3.objects.size).toBe(3 + 7 * 2);
    expect((await a.images({ limit: 200 })).images.length).toBe(3 + 7 * 2);
  }, 180_000);

  test("a client goes on at the other server after the last event it saw", async () => {
    const [a, b] = clients;
    const job = await a.createJob(fox({ steps: 20 }));
    let last = "";
    for await (const event of a.watchJob(job.id)) {
      last = event.id;
      if (event.kind === "step" && event.step === 5) break;
    }
    const steps = [];
    for await (const event of b.watchJob(job.id, { after: last })) if (event.kind === "step") steps.push(event.step);
    expect(steps.filter((step) => step <= 5)).toEqual([]);
    expect(steps.at(-1)).toBeGreaterThanOrEqual(20);
  });

  test("a worker that is asked to end gives its job to another", async () => {
    const leaving = await startWorker({ shared, ...options });
    // More jobs than the others take at once: the new one has one of them.
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await clients[i % 2].createJob(fox({ steps: 60, seed: i }))).id);
    for (const [i, id] of ids.entries()) await until("step", clients[i % 2], id);
    await leaving.close({ patienceMs: 0 });
    const jobs = await expectAllDone(ids);
    // Put back, not lost: it counts as not begun.
    expect(jobs.map(({ attempts }) => attempts)).toEqual([1, 1, 1]);
  });

  test("cancelling at one server ends what a worker does for the other", async () => {
    const [a, b] = clients;
    const job = await a.createJob(fox({ steps: 900 }));
    await until("step", a, job.id);
    await b.cancelJob(job.id);
    expect((await eventsOf(a, job.id)).at(-1)).toMatchObject({ kind: "cancelled" });
  });

  test.each([
    ["Redis, which loses all, is", () => redis],
    ["Postgres is", () => postgres],
  ])("%s restarted in the middle of jobs: all are done, and new ones come in", async (_, program) => {
    const ids = [];
    for (let i = 0; i < 4; i++) ids.push((await clients[i % 2].createJob(fox({ steps: 40, count: 2, seed: i }))).id);
    await until("step", clients[0], ids[0]);
    await program().restart({ pauseMs: 300 });
    ids.push((await clients[1].createJob(fox({ seed: 99 }))).id);
    await expectAllDone(ids);
  });

  test("a store that does not answer for a while holds jobs up and loses none", async () => {
    const ids = [(await clients[0].createJob(fox({ count: 2 }))).id];
    s3.fail(5);
    await expectAllDone(ids);
  });
});

test("two servers and three workers are tested where there are Redis and Postgres", ({ skip }) => {
  if (reason !== undefined) skip(reason);
  expect(reason).toBeUndefined();
});
