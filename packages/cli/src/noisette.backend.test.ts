// The command as a process: its status, its streams, what it leaves behind.

import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { writeTinyStickerModel } from "../../../fixtures/tiny-sticker-model.ts";
import { parseInfotext } from "@noisette/core/image/infotext";
import { readImage } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";

const program = fileURLToPath(new URL("noisette.ts", import.meta.url));
const sd1 = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));
const small = "--device cpu --threads 1 --width 64 --height 64 --steps 2 --sampler euler"
  .split(" ")
  .concat("--model", sd1);

const started: ChildProcess[] = [];
let folder: string;
let tiny: string;
beforeAll(async () => {
  tiny = await mkdtemp(join(tmpdir(), "noisette-tiny-"));
  await writeTinyStickerModel(tiny, { features: [8] });
});
afterAll(() => rm(tiny, { recursive: true }));
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(async () => {
  // A test that failed may have left its process running.
  for (const child of started.splice(0)) child.kill("SIGKILL");
  await rm(folder, { recursive: true });
});

/** For runs that are stopped: nothing in them depends on the model, and this one loads fast. */
const long = (): string[] =>
  "--device cpu --threads 1 --width 64 --height 64 --sampler euler --model".split(" ").concat(tiny);

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Starts the command in `folder`; `shell` is a line of bash to start it with. */
function start(args: readonly string[], { shell, ...options }: SpawnOptions & { shell?: string } = {}) {
  const node = [process.execPath, "--conditions=source", "--import", import.meta.resolve("tsx/esm"), program, ...args];
  const [first, ...rest] = shell === undefined ? node : ["bash", "-c", `${shell}; exec "$@"`, "bash", ...node];
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(NODE_|VITEST|NOISETTE_)/.test(name)),
  );
  const child = spawn(first, rest, { cwd: folder, stdio: ["ignore", "pipe", "pipe"], env, ...options });
  started.push(child);
  let out = "";
  let err = "";
  child.stdout!.on("data", (part) => (out += part));
  child.stderr!.on("data", (part) => (err += part));
  const ended = new Promise<Ended>((resolve) => child.on("close", (status) => resolve({ status, out, err })));
  /** Resolves when `text` has been written to standard error; rejects when the process ends without it. */
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      child.stderr!.on("data", () => err.includes(text) && resolve());
      void ended.then(() => reject(new Error(`it never said ${JSON.stringify(text)} but: ${err}`)));
    });
  return { child, ended, says };
}

const noisette = (args: readonly string[], options?: Parameters<typeof start>[1]): Promise<Ended> =>
  start(args, options).ended;

describe("noisette", () => {
  it("noisette saves a picture that tells how it was made, and --from makes the same file again", async () => {
    const made = await noisette([
      "a fox, ünï 狐",
      "--negative",
      "blurry",
      "--seed",
      "7",
      "--schedule",
      "karras",
      ...small,
    ]);
    const progress = /^1 picture of 2 steps on cpu\npicture 1 of 1: seed 7, [\d.]+ m?s\n$/;
    expect(made).toEqual({ status: 0, out: `${join("outputs", "7.png")}\n`, err: expect.stringMatching(progress) });
    const first = join(folder, "outputs/7.png");
    expect(await readImage(first)).toMatchObject({ width: 64, height: 64 });
    const texts = readTextChunks(await readFile(first));
    expect(parseInfotext(texts.parameters)).toMatchObject({
      prompt: "a fox, ünï 狐",
      negativePrompt: "blurry",
      fields: { Steps: "2", Sampler: "Euler", "Schedule type": "Karras", Seed: "7", Size: "64x64", Model: "sd1" },
    });
    expect(JSON.parse(texts.noisette)).toMatchObject({
      device: "cpu",
      options: { prompt: "a fox, ünï 狐", seed: 7 },
      loading: { model: sd1 },
    });

    const again = await noisette(["--from", first, "--quiet"]);
    expect(again).toEqual({ status: 0, out: `${join("outputs", "7-2.png")}\n`, err: "" });
    expect(await readFile(join(folder, "outputs/7-2.png"))).toEqual(await readFile(first));
  });

  it("noisette repeats one picture of a batch when there were several, beside their contact sheet and preview", async () => {
    const line = ["", "--count", "3", "--seed", "1", "--seeding", "batch", "--preview", "1", "--json", ...small];
    const { status, out, err } = await noisette(line);
    expect({ status, err }).toEqual({ status: 0, err: expect.stringContaining("3 pictures of 2 steps") });
    const document = JSON.parse(out);
    expect(document).toMatchObject({ device: "cpu", sheet: join("outputs", "1-sheet.png"), notices: [] });
    expect(document.pictures.map(({ path }: { path: string }) => path)).toEqual(
      ["1.png", "1-2.png", "1-3.png"].map((name) => join("outputs", name)),
    );
    const files = await readdir(join(folder, "outputs"));
    expect(files.sort()).toEqual(["1-2.png", "1-3.png", "1-sheet.png", "1.png", "preview.png"]);
    expect(await readImage(join(folder, "outputs/preview.png"))).toMatchObject({ width: 64, height: 64 });

    const again = await noisette(["--from", join("outputs", "1-2.png"), "--out", "again.png"]);
    expect(again).toMatchObject({ status: 0, out: "again.png\n" });
    expect(await readFile(join(folder, "again.png"))).toEqual(await readFile(join(folder, "outputs/1-2.png")));
  });

  it.runIf(process.platform === "linux")("noisette leaves no partial file when the disk takes no more", async () => {
    // A limit on the size of files (in kB) fails a write half-way, as a full disk does.
    const { status, err } = await noisette(["x", "--seed", "1", ...small, "--width", "512", "--height", "512"], {
      shell: "ulimit -f 200",
    });
    expect({ status, err }).toEqual({ status: 1, err: expect.stringMatching(/noisette: Cannot write /) });
    expect(await readdir(join(folder, "outputs"))).toEqual([]);
  });

  const twice = (id: number) => [process.kill(id, "SIGINT"), process.kill(id, "SIGINT")];
  it.runIf(process.platform === "linux").each([
    ["the command alone", 130, (id: number) => process.kill(id, "SIGINT")],
    ["its whole group, as from a terminal,", 130, (id: number) => process.kill(-id, "SIGINT")],
    ["the command twice", 130, twice],
    ["it as SIGTERM", 143, (id: number) => process.kill(id, "SIGTERM")],
  ])("noisette leaves no process and no file when Ctrl-C reaches %s and ends with %i", async (_, wanted, interrupt) => {
    const { child, ended, says } = start(["x", ...long(), "--steps", "1000", "--out", "."], { detached: true });
    await says("of 1000 steps");
    const engines = childrenOf(child.pid!);
    expect(engines).toHaveLength(1);
    interrupt(child.pid!);
    const { status, out } = await ended;
    expect({ status, out }).toEqual({ status: wanted, out: "" });
    await vi.waitFor(() => expect(engines.filter(isRunning)).toEqual([]));
    expect(await readdir(folder)).toEqual([]);
  });

  it("noisette keeps the finished pictures and prints their paths when Ctrl-C comes during a later one", async () => {
    const { child, ended, says } = start(["x", ...long(), "--steps", "150", "--count", "50", "--seed", "1"]);
    await says("picture 1 of 50");
    child.kill("SIGINT");
    const { status, out, err } = await ended;
    expect({ status, last: err.split("\n").at(-2) }).toEqual({ status: 130, last: "noisette: stopped" });
    const files = (await readdir(join(folder, "outputs"))).map((name) => join("outputs", name));
    expect(out.split("\n").filter(Boolean).sort()).toEqual(files.sort());
    expect(files).toContain(join("outputs", "1.png"));
    for (const file of files) await readImage(join(folder, file));
  });
});

/** Processes that `id` started and that still run. */
function childrenOf(id: number): number[] {
  const threads = readdirSync(`/proc/${id}/task`);
  return threads.flatMap((thread) =>
    readFileSync(`/proc/${id}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );
}

/** A process that has ended may stand in the table until its parent asks for its status: state Z. */
const isRunning = (id: number): boolean =>
  existsSync(`/proc/${id}`) && !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${id}/status`, "utf8"));
