// With a threshold of 0 every picture is unsafe, so that the gate can be seen at work without an unsafe picture.

import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Image } from "@noisette/core";
import { findWatermark } from "@noisette/core/image/watermark-text";
import { decodeImage } from "@noisette/core/platform/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { emptyDataFolder } from "../../../../fixtures/empty-catalogue.ts";
import { connect } from "../client.ts";
import type { Client } from "../client.ts";
import type { JobEvent } from "../schema/job-event.ts";
import { createServer } from "../server.ts";
import type { Server } from "../server.ts";
import { runJob } from "../jobs/run-job.ts";
import type { ContentOptions } from "../server-options.ts";
import type { Services } from "../services.ts";
import { servedGate } from "./served-gate.ts";

const path = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
const engine = { device: "cpu", threads: 1 } as const;
let data: string;
let server: Server;
let client: Client;
let services: Services;
beforeAll(async () => {
  data = await emptyDataFolder();
  server = createServer({ data, given: [{ id: "tiny", path }], hubCache: false, engine, concurrency: 0 });
  client = connect((await server.listen({ port: 0 })).url);
  services = await server.ready();
});
afterAll(async () => {
  await server.close();
  await rm(data, { recursive: true, force: true });
});

/** A job of a worker that is set up so. */
async function fox(
  content: Required<Pick<ContentOptions, "nsfw">> & ContentOptions,
  more: object,
): Promise<JobEvent[]> {
  const options = { prompt: "a red fox", steps: 1, sampler: "euler" as const, width: 64, height: 64, seed: 7, ...more };
  const { id } = await client.createJob({ task: "generate", options, previewEvery: 1 });
  const contentGate = servedGate(services.engines, services.engineSettings, content);
  await runJob(
    { ...services, contentGate, watermark: content.watermark },
    id,
    new AbortController().signal,
    () => undefined,
  );
  const events: JobEvent[] = [];
  for await (const event of client.watchJob(id)) events.push(event);
  return events;
}

/** The largest difference between neighbours of a row: of what the tiny model makes well above 100. */
const steepest = ({ width, height, channels, data }: Image): number => {
  let most = 0;
  for (let i = channels; i < width * height * channels; i++)
    if (i % (width * channels) >= channels) most = Math.max(most, Math.abs(data[i] - data[i - channels]));
  return most;
};

it("createServer() looks at no pictures when it listens on loopback and nothing is said", () => {
  expect(services.contentGate).toBeUndefined();
});

describe("servedGate()", () => {
  it("blurs pictures and previews, marks them, and says so, when they are unsafe", async () => {
    const events = await fox(
      { nsfw: "blur", nsfwThreshold: 0, watermark: "made by a machine" },
      { width: 256, height: 256 },
    );
    const { image: made } = events.find(({ kind }) => kind === "image") as Extract<JobEvent, { kind: "image" }>;
    const image = await decodeImage(new Uint8Array(await (await client.imageFile(made.id)).arrayBuffer()));
    expect(findWatermark(image)?.text).toBe("made by a machine");
    expect(steepest(image)).toBeLessThan(80); // the watermark's own
    expect((await client.image(made.id)).record).toMatchObject({
      options: { watermark: "made by a machine" },
      blurred: { unsafe: expect.any(Number), threshold: 0 },
    });
    expect(events.flatMap((event) => (event.kind === "notice" ? [event.text] : []))).toEqual([
      expect.stringMatching(
        /^the picture of seed 7 was blurred: it is taken for unsafe by \d+ % \(less than 0 % passes\)$/,
      ),
    ]);
    const [preview] = events.flatMap((event) => (event.kind === "preview" ? [event.image] : []));
    expect(steepest(await decodeImage(Buffer.from(preview.split(",")[1], "base64")))).toBeLessThan(40);
  });

  it("keeps nothing and fails the job when all of its pictures are held back", async () => {
    const before = (await client.images({})).images.length;
    const events = await fox({ nsfw: "refuse", nsfwThreshold: 0 }, { count: 2 });
    expect(events.filter(({ kind }) => kind === "notice")).toHaveLength(2);
    expect(events.at(-1)).toMatchObject({
      kind: "failed",
      error: { type: "/docs/problems#unsafe-content", status: 422 },
    });
    expect((await client.images({})).images).toHaveLength(before);
  });
});
