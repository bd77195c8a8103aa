import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readPictureText } from "@noisette/core/image/picture-file";
import { load } from "@noisette/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { ownEngineProcesses, tellsProcesses } from "../../../fixtures/engine-processes.ts";
import { connect } from "./client.ts";
import type { Client } from "./client.ts";
import type { JobEvent } from "./schema/job-event.ts";
import type { JobRequest } from "./schema/job-request.ts";
import { createServer } from "./server.ts";
import type { Server } from "./server.ts";

const model = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));
const fox = (more: object = {}, changes: object = {}): JobRequest => ({
  task: "generate",
  options: { prompt: "a red fox", steps: 3, width: 64, height: 64, seed: 7, ...more },
  ...changes,
});

const engines = ownEngineProcesses();

async function eventsOf(client: Client, id: string, options?: Parameters<Client["watchJob"]>[1]): Promise<JobEvent[]> {
  const events: JobEvent[] = [];
  for await (const event of client.watchJob(id, options)) events.push(event);
  return events;
}

describe("createServer() on the tiny model", () => {
  let data: string;
  let server: Server;
  let client: Client;

  beforeAll(async () => {
    data = await emptyDataFolder();
    const wildcards = join(data, "wildcards");
    await mkdir(wildcards);
    await writeFile(join(wildcards, "animals.txt"), "a bear\na wolf\n");
    server = createServer({
      data,
      wildcards,
      given: [{ id: "tiny", path: model }],
      hubCache: false,
      engine: { device: "cpu", threads: 1 },
    });
    client = connect((await server.listen({ port: 0 })).url);
    await server.ready();
  });
  afterAll(async () => {
    await server.close();
    await rm(data, { recursive: true, force: true });
  });

  test("jobs give events in order and the library's own picture when they are sent over HTTP", async () => {
    const job = await client.createJob(fox({ count: 2 }, { previewEvery: 2 }));
    expect(job).toMatchObject({ state: "queued", attempts: 0, request: { model: "tiny", options: { seed: 7 } } });
    const events = await eventsOf(client, job.id);
    const kinds = events.map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === "step").length).toBe(8); // plms takes one step more than asked for
    expect(kinds.filter((kind) => kind === "image").length).toBe(2);
    expect(kinds.indexOf("started")).toBeLessThan(kinds.indexOf("loading"));
    expect(kinds).toContain("preview");
    expect(kinds.at(-1)).toBe("done");
    expect(events.flatMap((event) => (event.kind === "step" ? [event.done] : [])).at(-1)).toBe(1);

    const done = await client.job(job.id);
    expect(done).toMatchObject({ state: "done", attempts: 1 });
    expect(done.images.map(({ seed, index }) => [index, seed])).toEqual([
      [0, 7],
      [1, 8],
    ]);
    const file = new Uint8Array(await (await client.imageFile(done.images[1].id)).arrayBuffer());
    const texts = readPictureText(file);
    expect(texts.parameters).toContain("a red fox");
    expect(texts.noisette).toContain('"seed":8');

    const own = await load(model, { device: "cpu", threads: 1 });
    const { images } = await own.generate({ prompt: "a red fox", steps: 3, width: 64, height: 64, seed: 8 });
    await own.close();
    const { decodeImage } = await import("@noisette/core/platform/node");
    expect((await decodeImage(file)).data).toEqual(images[0].image!.data);
  });

  test("prompts take lines of the server's wildcards, and jobs fail that name others", async () => {
    expect(await client.wildcards()).toEqual(["animals"]);
    const { id } = await client.createJob(fox({ prompt: "__animals__ in the snow", steps: 1 }));
    await eventsOf(client, id);
    const [{ prompt }] = (await client.job(id)).images;
    expect(prompt).toMatch(/^(a bear|a wolf) in the snow$/);
    const other = await client.createJob(fox({ prompt: "__animal__", steps: 1 }));
    const failed = (await eventsOf(client, other.id)).at(-1)!;
    expect(failed).toMatchObject({
      kind: "failed",
      error: { detail: "Cannot expand __animal__: no such file in this server's wildcards (closest: __animals__)" },
    });
  });

  test("watchJob() goes on after the last event it saw, and tells a job that is over from its records", async () => {
    const job = await client.createJob(fox({}, { previewEvery: 0 }));
    const all = await eventsOf(client, job.id);
    const later = await eventsOf(client, job.id, { after: all[3].id });
    expect(later).toEqual(all.slice(4));
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
  });

  test("the gallery finds, rates, shows and deletes pictures", async () => {
    const job = await client.createJob(fox({ prompt: "a green owl at 100% moon" }));
    await eventsOf(client, job.id);
    const [image] = (await client.job(job.id)).images;
    const ids = async (query: Parameters<Client["images"]>[0]) =>
      (await client.images(query)).images.map(({ id }) => id);
    expect(await ids({ words: "owl gre" })).toEqual([image.id]);
    expect(await ids({ words: "100%" })).toEqual([image.id]);
    expect(await ids({ words: "owl fox" })).toEqual([]);
    expect(await ids({ rating: 4 })).toEqual([]);
    expect(await client.rateImage(image.id, 4)).toMatchObject({ rating: 4 });
    expect(await ids({ rating: 4, model: "tiny", sampler: image.sampler })).toEqual([image.id]);
    expect(await ids({ until: image.createdAt, words: "owl" })).toEqual([]);

    const thumbnail = await fetch(client.address(image.thumbnail));
    expect(thumbnail.headers.get("content-type")).toBe("image/webp");
    const first = await client.images({ limit: 2 });
    const second = await client.images({ limit: 2, before: first.next });
    expect(new Set([...first.images, ...second.images].map(({ id }) => id)).size).toBe(
      first.images.length + second.images.length,
    );
    await client.deleteImage(image.id);
    await expect(client.image(image.id)).rejects.toThrow(/none of this id/);
    expect((await fetch(client.address(image.url))).status).toBe(404);
  });

  test("jobs start from uploads, data URLs and pictures of the gallery", async () => {
    const { images } = await client.images({ limit: 1 });
    const file = await client.imageFile(images[0].id);
    const upload = await client.upload(file);
    expect(upload).toMatchObject({ width: 64, height: 64 });
    expect(await client.upload(file)).toEqual(upload);
    const url = `data:image/png;base64,${Buffer.from(await file.arrayBuffer()).toString("base64")}`;
    const jobs = [];
    for (const init of [upload.id, url, images[0].id])
      jobs.push(await client.createJob(fox({ strength: 0.5, width: undefined, height: undefined }, { init })));
    expect(jobs[1].request).toMatchObject({ init: upload.id });
    const made = [];
    for (const { id } of jobs) {
      expect((await eventsOf(client, id)).at(-1)).toMatchObject({ kind: "done" });
      made.push(new Uint8Array(await (await client.imageFile((await client.job(id)).images[0].id)).arrayBuffer()));
    }
    expect(made[1]).toEqual(made[0]);
  });

  test("cancelJob() ends a running job after its step and a waiting one at once", async () => {
    const running = await client.createJob(fox({ steps: 900 }));
    const waiting = await client.createJob(fox());
    const watched = client.watchJob(running.id);
    for await (const { kind } of watched) if (kind === "step") break;
    expect(await client.cancelJob(waiting.id)).toMatchObject({ state: "cancelled" });
    await client.cancelJob(running.id);
    expect((await eventsOf(client, running.id)).at(-1)).toMatchObject({ kind: "cancelled" });
    expect(await client.job(running.id)).toMatchObject({ state: "cancelled", images: [] });
  });

  test.skipIf(!tellsProcesses)(
    "a job whose engine is killed goes on with a fresh one, and the server with it",
    async () => {
      const job = await client.createJob(fox({ steps: 60 }));
      for await (const { kind } of client.watchJob(job.id)) if (kind === "step") break;
      for (const id of engines()) process.kill(id, "SIGKILL");
      const events = await eventsOf(client, job.id);
      expect(events.at(-1)).toMatchObject({ kind: "done", images: 1 });
      expect((await client.job(job.id)).notices.join()).toContain("the engine ended");
    },
  );

  test("models are listed, unloaded and loaded as they are asked to", async () => {
    expect(await client.unloadModel("tiny")).toMatchObject({ isLoaded: false, isDefault: true, family: "sd1" });
    expect(await client.loadModel("tiny")).toMatchObject({ isLoaded: true });
    expect(await client.inspectModel("tiny")).toMatchObject({ kind: "a Stable Diffusion checkpoint" });
  });

  test("a training run learns from uploaded pictures, stops, goes on and shows its samples", async () => {
    const { encodePng } = await import("@noisette/core/platform/node");
    for (let i = 0; i < 8; i++) {
      const png = await encodePng({ width: 8, height: 8, channels: 3, data: new Uint8Array(192).fill(30 * i) });
      await client.addToDataset("greys", new Blob([png.slice().buffer], { type: "image/png" }), {
        caption: `grey ${i}`,
      });
    }
    expect(await client.datasets()).toEqual([{ id: "greys", origin: "uploaded", pictures: 8 }]);
    const recipe = {
      trainer: "diffusion",
      name: "greys",
      data: { path: "greys" },
      validation: { examples: 0 },
      size: 8,
      batchSize: 4,
      steps: 100_000,
      every: { log: 1, checkpoint: 50 },
      unet: { features: [8], attention: [false], resnets: 1, groups: 4 },
      samples: { count: 1, steps: 1 },
    };
    const run = await client.startTraining({ recipe });
    expect(run).toMatchObject({ state: "running", steps: 100_000, recipe: { data: { path: "greys" } } });
    await expect(client.startTraining({ recipe })).rejects.toThrow(/one at a time/);
    for await (const event of client.watchTraining(run.id)) if (event.kind === "step" && event.step > 2) break;
    await client.stopTraining(run.id);
    const rest = [];
    for await (const event of client.watchTraining(run.id)) rest.push(event);
    const last = rest.at(-1)!;
    expect(last).toMatchObject({ kind: "end", how: "interrupted" });
    expect(await client.trainingRun(run.id)).toMatchObject({ state: "stopped", step: last.step, error: null });

    expect(await client.resumeTraining(run.id)).toMatchObject({ state: "running" });
    for await (const event of client.watchTraining(run.id)) {
      if (event.kind !== "step") continue;
      expect(event.step).toBeGreaterThan(last.step);
      break;
    }
    await client.stopTraining(run.id);
    for await (const event of client.watchTraining(run.id)) rest.push(event);
    const log = await fetch(client.address(`/v1/training/${run.id}/log`));
    expect(((await log.json()) as { kind: string }[]).map(({ kind }) => kind)).toContain("step");
    expect((await fetch(client.address(run.report))).headers.get("content-security-policy")).toContain("sandbox");
  });

  test("a job that core refuses fails with core's reason", async () => {
    const job = await client.createJob(fox({ hiresScale: 1.3, hiresSize: [64, 64] }));
    expect((await eventsOf(client, job.id)).at(-1)).toMatchObject({
      kind: "failed",
      error: { type: "/docs/problems#generation-failed" },
    });
  });
});
