import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { connect } from "./client.ts";
import type { Client } from "./client.ts";
import type { JobRequest } from "./schema/job-request.ts";

/** Pictures of each job. The first is in the middle when the server is killed: it has far to go, however slow the machine is in killing. */
const countOf = (key: string): number => (key === "first" ? 6 : 2);
const requestOf = (key: string): JobRequest => ({
  task: "generate",
  options: { prompt: "a red fox", steps: 15, width: 64, height: 64, seed: 7, count: countOf(key) },
});

test("an accepted job is finished, and no picture doubled, when the server is killed in the middle of everything", async () => {
  const data = await emptyDataFolder();
  let child: ChildProcess | undefined;
  const start = async (): Promise<Client> => {
    const source = import.meta.url;
    child = fork(fileURLToPath(new URL("../../../fixtures/serve-in-a-process.ts", source)), [data], {
      execArgv: ["--conditions=source", "--import", pathToFileURL(createRequire(source).resolve("tsx/esm")).href],
      stdio: ["ignore", "pipe", "inherit", "ipc"],
    });
    const url = await new Promise<string>((resolve, reject) => {
      child!.stdout!.setEncoding("utf8").once("data", (text: string) => resolve(text.trim()));
      child!.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    });
    return connect(url);
  };
  const kill = async () => {
    const ended = new Promise((resolve) => child!.once("exit", resolve));
    child!.kill("SIGKILL");
    await ended;
  };
  try {
    let client = await start();
    const ids = new Map<string, string>();
    const send = async (key: string) => {
      const { id } = await client.createJob(requestOf(key), { idempotencyKey: key });
      expect(ids.get(key) ?? id).toBe(id);
      ids.set(key, id);
    };
    // One job has its first picture, one waits, and more come in: these may be lost while nobody acknowledged them.
    await send("first");
    await send("second");
    const first = ids.get("first")!;
    for await (const event of client.watchJob(first)) if (event.kind === "image") break;
    const kept = (await client.job(first)).images;
    expect(kept.map(({ index }) => index)).toContain(0);
    const late = ["third", "fourth", "fifth"].map(send);
    await Promise.race(late);
    await kill();
    await Promise.allSettled(late);

    client = await start();
    for (const id of ids.values()) expect(["queued", "running", "done"]).toContain((await client.job(id)).state);
    for (const key of ["third", "fourth", "fifth"]) await send(key);
    for (const id of ids.values()) expect(await lastEvent(client, id)).toBe("done");
    const { images } = await client.images({ limit: 200 });
    const expected = [...ids].flatMap(([key, id]) =>
      Array.from({ length: countOf(key) }, (_, picture) => `${id}.${picture}`),
    );
    expect(images.map(({ id }) => id).sort()).toEqual(expected.sort());
    expect(images.find(({ id }) => id === kept[0].id)).toEqual(kept[0]);
    expect((await client.jobs({ limit: 200 })).jobs.length).toBe(5);
    expect((await client.job(first)).attempts).toBe(2);
    const files = await Promise.all(images.map(async ({ id }) => [id.at(-1), (await client.imageFile(id)).size]));
    expect(new Set(files.map(String)).size).toBe(countOf("first")); // the same pictures five times, as far as they go
  } finally {
    child?.kill("SIGKILL");
    await rm(data, { recursive: true, force: true });
  }
}, 180_000);

async function lastEvent(client: Client, id: string): Promise<string | undefined> {
  let last: string | undefined;
  for await (const { kind } of client.watchJob(id)) last = kind;
  return last;
}
