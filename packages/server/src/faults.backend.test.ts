// What may befall a server that is alone: a full disk, clients that are slow and clients that leave.

import { execFileSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { connect as connectSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { connect } from "./client.ts";
import type { Client } from "./client.ts";
import type { JobRequest } from "./schema/job-request.ts";
import type { Problem } from "./schema/problem.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";

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

/** The last event of a job. */
async function endOf(client: Client, id: string) {
  let last;
  for await (const event of client.watchJob(id)) last = event;
  return last!;
}

const canMount = process.platform === "linux" && process.getuid?.() === 0;

/** A folder that has so many bytes and no more. */
function mountSmall(folder: string, sizeBytes: number): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${sizeBytes}`, "tmpfs", folder], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

test("a full disk fails jobs with that reason, loses none that was accepted, and is no matter once there is room", async ({
  skip,
}) => {
  if (!canMount) skip("a file system of a test's own needs root on Linux");
  const empty = await emptyDataFolder();
  const data = await mkdtemp(join(tmpdir(), "noisette-full-"));
  let server: Server | undefined;
  let isMounted = false;
  try {
    isMounted = mountSmall(data, 120 * 2 ** 20);
    if (!isMounted) skip("this machine lets nobody mount a tmpfs");
    await cp(empty, data, { recursive: true });
    const start = async () => {
      server = createServer({ data, ...options });
      const client = connect((await server.listen({ port: 0 })).url);
      await server.ready();
      return client;
    };
    let client = await start();
    const before = await client.createJob(fox());
    expect(await endOf(client, before.id)).toMatchObject({ kind: "done", images: 1 });

    const running = await client.createJob(fox({ steps: 100, seed: 8 }));
    const waiting = await client.createJob(fox({ seed: 9 }));
    for await (const { kind } of client.watchJob(running.id)) if (kind === "step") break;
    const filler = join(data, "filler");
    execFileSync("sh", ["-c", 'head -c 200000000 /dev/zero > "$0" || true', filler], { stdio: "ignore" });

    const noise = Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 251);
    const { encodePng } = await import("@noisette/core/platform/node");
    const png = await encodePng({ width: 64, height: 64, channels: 3, data: noise });
    const refused = await client.upload(new Blob([png.slice().buffer], { type: "image/png" })).then(
      () => undefined,
      (error: { problem?: Problem }) => error.problem,
    );
    expect(refused).toMatchObject({ status: 507, type: "/docs/problems#disk-full" });
    // Room again; whatever the catalogue could not write down meanwhile is done by the next server.
    await delay(500);
    await rm(filler);
    await server!.close();
    client = await start();
    for (const { id } of [running, waiting]) {
      const job = await client.job(id);
      expect(["queued", "running", "done", "failed"]).toContain(job.state);
      const { kind, ...rest } = await endOf(client, id);
      if (kind === "failed") expect(rest).toMatchObject({ error: { type: "/docs/problems#disk-full" } });
      else expect(kind).toBe("done");
    }
    const after = await client.createJob(fox({ seed: 10 }));
    expect(await endOf(client, after.id)).toMatchObject({ kind: "done", images: 1 });
    expect((await client.job(before.id)).images.length).toBe(1);
  } finally {
    await server?.close().catch(() => undefined);
    if (isMounted) execFileSync("umount", ["-l", data], { stdio: "ignore" });
    for (const folder of [empty, data]) await rm(folder, { recursive: true, force: true });
  }
}, 180_000);

describe("clients", () => {
  let data: string;
  let server: Server;
  let url: URL;
  let client: Client;
  beforeAll(async () => {
    data = await emptyDataFolder();
    server = createServer({ data, ...options });
    url = new URL((await server.listen({ port: 0 })).url);
    client = connect(url.href);
    await server.ready();
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });
  const streams = async (): Promise<number> =>
    Number(/^noisette_streams_open (\d+)/m.exec(await (await fetch(new URL("/metrics", url))).text())![1]);

  /** A connection that asks for a job's events and does nothing more. */
  function watchRaw(id: string) {
    const socket = connectSocket(Number(url.port), url.hostname);
    socket.on("error", () => undefined);
    socket.pause();
    socket.write(`GET /v1/jobs/${id}/events HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
    return socket;
  }

  test("that read nothing hold up neither the job nor those that read", async () => {
    const job = await client.createJob({ ...fox({ steps: 40 }), previewEvery: 1 } as JobRequest);
    const slow = Array.from({ length: 20 }, () => watchRaw(job.id));
    expect(await endOf(client, job.id)).toMatchObject({ kind: "done" });
    expect((await client.job(job.id)).attempts).toBe(1);
    for (const socket of slow) socket.destroy();
    await expect.poll(streams, { timeout: 10_000 }).toBe(0);
  });

  test("that leave in the middle take nothing with them", async () => {
    const job = await client.createJob(fox({ steps: 900 }));
    const leaving = Array.from({ length: 20 }, () => watchRaw(job.id));
    await expect.poll(streams, { timeout: 10_000 }).toBe(20);
    for (const socket of leaving) socket.destroy();
    await expect.poll(streams, { timeout: 10_000 }).toBe(0);
    expect(await client.job(job.id)).toMatchObject({ attempts: 1 });
    await client.cancelJob(job.id);
    expect(await endOf(client, (await client.createJob(fox())).id)).toMatchObject({ kind: "done", images: 1 });
  });

  test("that send half a request leave no job", async () => {
    const { jobs: before } = await client.jobs({ limit: 200 });
    const socket = connectSocket(Number(url.port), url.hostname);
    socket.on("error", () => undefined);
    socket.write(
      `POST /v1/jobs HTTP/1.1\r\nhost: ${url.host}\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"task":`,
    );
    await delay(50);
    socket.destroy();
    await delay(50);
    expect((await client.jobs({ limit: 200 })).jobs.length).toBe(before.length);
  });
});
