// `npm run load-test`: what a server does under 200 jobs of 50 clients on the tiny model, and a gallery of ten thousand
// pictures. Fails when a job is lost, made twice or out of turn; prints what it measured.

import { fork } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "@noisette/core";
import { connect } from "@noisette/server/client";
import type { Client } from "@noisette/server/client";
import { openCatalogue } from "@noisette/server/catalogue/catalogue";
import { openPglite } from "@noisette/server/catalogue/pglite";
import { sql } from "@noisette/server/catalogue/sql";

/** How much to send. */
export interface Load {
  readonly jobs: number;
  readonly clients: number;
}

/** What came of it. */
export interface LoadReport {
  /** Jobs without all their pictures. */
  readonly lost: number;
  /** Pictures that are there twice, and jobs that were begun twice. */
  readonly doubled: number;
  /** Jobs that were begun before one that was accepted earlier. */
  readonly outOfTurn: number;
  readonly wallMs: number;
  /** Of the server's process, that of engines aside. */
  readonly cpuMs: number;
  /** From each event to its arrival. */
  readonly latencyMs: readonly number[];
  /** The server's memory after the first quarter of the jobs, and in the end. */
  readonly memoryBytes: readonly [number, number];
}

const options = { prompt: "a red fox", steps: 4, width: 64, height: 64 } as const;

/** Sends `jobs` jobs from `clients` clients, each of which sends its next when its last is done, and watches all of them. */
export async function sendLoad(client: Client, { jobs, clients }: Load): Promise<LoadReport> {
  const latencyMs: number[] = [];
  const ids: string[] = [];
  let [done, afterQuarter] = [0, 0];
  let next = 0;
  const cpuSeconds = await measured(client, "process_cpu_seconds_total");
  const startedMs = performance.now();
  async function oneClient(): Promise<void> {
    for (let seed = next++; seed < jobs; seed = next++) {
      const { id } = await client.createJob({ task: "generate", options: { ...options, seed } });
      ids.push(id);
      for await (const { at } of client.watchJob(id)) latencyMs.push(Date.now() - Date.parse(at));
      if (++done === Math.ceil(jobs / 4)) afterQuarter = await measured(client, "process_resident_memory_bytes");
    }
  }
  await Promise.all(Array.from({ length: clients }, oneClient));
  const wallMs = performance.now() - startedMs;
  const cpuMs = 1000 * ((await measured(client, "process_cpu_seconds_total")) - cpuSeconds);

  const made = (await allOf(client.jobs, "jobs")).filter(({ id }) => ids.includes(id)).toReversed();
  const pictures = (await allOf(client.images, "images")).filter(({ job }) => ids.includes(job));
  const begun = made.map(({ startedAt }) => Date.parse(startedAt!));
  return {
    lost: jobs - made.filter(({ state, images }) => state === "done" && images.length === 1).length,
    doubled:
      pictures.length - new Set(pictures.map(({ job }) => job)).size + made.filter((job) => job.attempts > 1).length,
    outOfTurn: begun.filter((ms, i) => i > 0 && ms < begun[i - 1]).length,
    wallMs,
    cpuMs,
    latencyMs,
    memoryBytes: [afterQuarter, await measured(client, "process_resident_memory_bytes")],
  };
}

/** All pages of a list. */
async function allOf<Name extends string, Row>(
  list: (query: { limit: number; before?: string }) => Promise<{ next?: string } & Record<Name, Row[]>>,
  name: Name,
): Promise<Row[]> {
  const rows: Row[] = [];
  let before: string | undefined;
  do {
    const page = await list({ limit: 200, before });
    rows.push(...page[name]);
    before = page.next;
  } while (before !== undefined);
  return rows;
}

async function measured(client: Client, name: string): Promise<number> {
  const text = await (await fetch(client.address("/metrics"))).text();
  return Number(new RegExp(`^${name} (\\S+)`, "m").exec(text)![1]);
}

/** What part `share` of the values does not exceed. */
const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

/** Milliseconds of searches in a gallery of `rows` pictures. */
async function timeSearches(folder: string, rows: number): Promise<Record<string, number>> {
  const database = await openPglite(folder);
  const { images, close } = await openCatalogue(database);
  await database.query(sql`insert into jobs (id, owner, task, request) values ('j', '', 'generate', '{}')`);
  await database.query(sql`
    insert into images (id, job, picture, file, width, height, size_bytes, prompt, negative_prompt, model, model_hash, sampler,
      seed, steps, guidance_scale, record, rating, words)
    select 'j.' || i, 'j', i, 'f', 512, 512, 1, prompt, '', 'model ' || i % 7, '', 'sampler ' || i % 20, i, 20, 7, '{}', i % 6, prompt
    from (select i, 'a ' || (array['red','green','blue','old'])[1 + i % 4] || ' ' || md5(i::text) || ' in the forest at night' as prompt
          from generate_series(1, ${rows}) i) one`);
  const searches = {
    "first page": { limit: 50 },
    "two words": { words: ["green", "ab1"], limit: 50 },
    "a word that is nowhere": { words: ["xyzzy"], limit: 50 },
    "model, sampler, rating": { model: "model 3", sampler: "sampler 5", rating: 4, limit: 50 },
    "the last page": { below: 60, limit: 50 },
  };
  const times: Record<string, number> = {};
  for (const [name, search] of Object.entries(searches)) {
    const taken: number[] = [];
    for (let i = 0; i < 20; i++) {
      const startedMs = performance.now();
      await images.search(search);
      taken.push(performance.now() - startedMs);
    }
    times[name] = quantile(taken, 0.95);
  }
  await close();
  return times;
}

/** Milliseconds of one picture when the library makes them alone: in all, and of this process without the engine's. */
async function timeAlone(model: string, jobs: number): Promise<{ readonly wallMs: number; readonly cpuMs: number }> {
  const { pngBytes } = await import("@noisette/core/image/png");
  const opened = await load(model, { device: "cpu", threads: 1 });
  const one = async (seed: number) => pngBytes((await opened.generate({ ...options, seed })).images[0].image!, {});
  for (let seed = 0; seed < 3; seed++) await one(seed);
  const [startedMs, cpu] = [performance.now(), process.cpuUsage()];
  for (let seed = 0; seed < jobs; seed++) await one(seed);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = (performance.now() - startedMs) / jobs;
  await opened.close();
  return { wallMs, cpuMs: (user + system) / 1000 / jobs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [jobs, clients, rows] = process.argv.slice(2).map(Number);
  const amount = { jobs: jobs || 200, clients: clients || 50 };
  const model = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));
  const folder = await mkdtemp(join(tmpdir(), "noisette-load-"));
  const say = (name: string, value: string) => console.log(`${name.padEnd(44)} ${value}`);
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  try {
    say("machine", `${cpus().length} × ${cpus()[0].model}, Node ${process.version}`);
    const alone = await timeAlone(model, 40);
    const server = fork(
      fileURLToPath(new URL("../fixtures/serve-in-a-process.ts", import.meta.url)),
      [join(folder, "data")],
      {
        stdio: ["ignore", "pipe", "inherit", "ipc"],
      },
    );
    try {
      const url = await new Promise<string>((resolve) =>
        server.stdout!.once("data", (text) => resolve(String(text).trim())),
      );
      const client = connect(url);
      await sendLoad(client, { jobs: 5, clients: 1 });
      const report = await sendLoad(client, amount);
      const { lost, doubled, outOfTurn, wallMs, cpuMs, latencyMs, memoryBytes } = report;
      say("jobs, clients", `${amount.jobs}, ${amount.clients}`);
      say("lost, doubled, out of turn", `${lost}, ${doubled}, ${outOfTurn}`);
      say("a job: time, CPU beside the engine's", `${ms(wallMs / amount.jobs)}, ${ms(cpuMs / amount.jobs)}`);
      say("the same by the library alone", `${ms(alone.wallMs)}, ${ms(alone.cpuMs)}`);
      const overhead = [wallMs / amount.jobs - alone.wallMs, cpuMs / amount.jobs - alone.cpuMs];
      say("the server's overhead for a job", overhead.map(ms).join(", "));
      say(
        `latency of ${latencyMs.length} events: p50, p95, p99`,
        [0.5, 0.95, 0.99].map((p) => ms(quantile(latencyMs, p))).join(", "),
      );
      say(
        "memory after a quarter of the jobs, in the end",
        memoryBytes.map((bytes) => `${Math.round(bytes / 2 ** 20)} MiB`).join(", "),
      );
      if (lost + doubled + outOfTurn > 0) process.exitCode = 1;
    } finally {
      server.kill("SIGKILL");
    }
    const times = await timeSearches(join(folder, "gallery"), rows || 10_000);
    for (const [name, taken] of Object.entries(times)) say(`gallery of ${rows || 10_000}, ${name}: p95`, ms(taken));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
