// What a run writes into its folder: lock, log, checkpoints, event files.

import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs/minimal.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk } from "../platform/node.ts";
import { tensor } from "../tensor/tensor.ts";
import {
  bestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpointState,
  saveCheckpoint,
} from "./checkpoint.ts";
import { takeLock } from "./lock.ts";
import type { LogLine } from "./log.ts";
import { openLog, readLog } from "./log.ts";
import { openRunFolder } from "./run-folder.ts";
import type { RunFolder } from "./run-folder.ts";
import { crc32c, openEventFile, tfRecord } from "./tensorboard.ts";

let path: string;
let folder: RunFolder;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "noisette-run-"));
  folder = await openRunFolder(path);
});
afterEach(() => rm(path, { recursive: true }));

describe("takeLock()", () => {
  it("takeLock() refuses a second taker until the first gives the lock back", async () => {
    const release = await takeLock(folder.lock, disk!);
    await expect(takeLock(folder.lock, disk!)).rejects.toThrow(
      new RegExp(
        `^Cannot train in ".*": process ${process.pid} on .* trains there since .* \\(its end or another folder is wanted\\)$`,
      ),
    );
    await release();
    await (
      await takeLock(folder.lock, disk!)
    )();
    expect(await readdir(path)).not.toContain("lock.json");
  });

  it("takeLock() takes over from a process that is gone", async () => {
    const { pid } = spawnSync("true");
    await writeFile(folder.lock, JSON.stringify({ host: hostname(), process: pid, since: "x" }));
    await (
      await takeLock(folder.lock, disk!)
    )();
  });

  it("takeLock() takes over from a killed process that had the same number, as in a container", async () => {
    const { pid } = process;
    await writeFile(
      folder.lock,
      JSON.stringify({ host: hostname(), process: pid, since: "x", id: "of another start" }),
    );
    await (
      await takeLock(folder.lock, disk!)
    )();
  });

  it("takeLock() takes over from another machine that has been silent, and not before", async () => {
    await writeFile(folder.lock, JSON.stringify({ host: "elsewhere", process: 1, since: "x" }));
    await expect(takeLock(folder.lock, disk!)).rejects.toThrow("process 1 on elsewhere trains there");
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(folder.lock, longAgo, longAgo);
    await (
      await takeLock(folder.lock, disk!)
    )();
  });
});

describe("openLog()", () => {
  const line = (step: number, loss = 1): LogLine => ({ kind: "validation", step, loss, scalars: {} });
  it("openLog() forgets what came after the checkpoint, and a line that was cut off", async () => {
    const log = await openLog(folder.log, { disk: disk!, step: -1 });
    await Promise.all([1, 2, 3, 4].map((step) => log.write(line(step))));
    await log.close();
    await truncate(folder.log, (await readFile(folder.log)).length - 5);
    const again = await openLog(folder.log, { disk: disk!, step: 2 });
    await again.write(line(3, NaN));
    await again.close();
    expect(await readLog(folder.log, disk!)).toEqual([line(1), line(2), line(3, NaN)]);
    expect(again.lines).toHaveLength(3);
  });
  it("readLog() says which line is damaged when it is not the last", async () => {
    await writeFile(folder.log, '{"kind":\n{"kind":"notice","step":1,"text":""}\n');
    await expect(readLog(folder.log, disk!)).rejects.toThrow(/log\.jsonl": line 1 is no JSON$/);
  });
});

describe("saveCheckpoint()", () => {
  const save = (step: number, validationLoss?: number) =>
    saveCheckpoint(folder, {
      position: { step, epoch: 1, batch: step, images: 8 * step, seconds: 1.5, validationLoss },
      state: new Map([["w", tensor([2], Float32Array.of(step, -step))]]),
    });

  it("saveCheckpoint() keeps the position and every bit of the state", async () => {
    await save(3, 0.25);
    const { saved } = await listCheckpoints(folder);
    expect(saved.map(({ position }) => position)).toEqual([
      { step: 3, epoch: 1, batch: 3, images: 24, seconds: 1.5, validationLoss: 0.25 },
    ]);
    expect((await readCheckpointState(saved[0])).get("w")).toEqual(tensor([2], Float32Array.of(3, -3)));
  });

  it("pruneCheckpoints() keeps the last ones and the best, and removes what a killed run left", async () => {
    for (const [step, loss] of [
      [1, 0.9],
      [2, 0.3],
      [3, 0.5],
      [4, 0.6],
      [5, undefined],
    ] as const)
      await save(step, loss);
    await writeFile(join(folder.checkpoints, ".step-000000006.safetensors.x.tmp"), "half");
    await pruneCheckpoints(folder, 2);
    const { saved } = await listCheckpoints(folder);
    expect(saved.map(({ position }) => position.step)).toEqual([2, 4, 5]);
    expect(bestCheckpoint(saved)?.position.step).toBe(2);
    expect(await readdir(folder.checkpoints)).toHaveLength(3);
  });

  it("listCheckpoints() tells damaged files from good ones", async () => {
    await save(1);
    const damaged = await save(2);
    await truncate(damaged, 40);
    const { saved, damaged: reasons } = await listCheckpoints(folder);
    expect(saved.map(({ position }) => position.step)).toEqual([1]);
    expect(reasons).toEqual([expect.stringContaining("step-000000002.safetensors")]);
  });

  it("saveCheckpoint() leaves the older checkpoint when the disk is full", async () => {
    await save(1);
    // A device that has no room for a single byte.
    const full = { ...folder, checkpoints: "/dev/full" };
    await expect(
      saveCheckpoint(full, { position: { step: 2, epoch: 0, batch: 0, images: 0, seconds: 0 }, state: new Map() }),
    ).rejects.toThrow(/^Cannot write /);
    expect((await listCheckpoints(folder)).saved).toHaveLength(1);
  });
});

describe("openEventFile()", () => {
  it("crc32c() is the published check value", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
  });

  it("tfRecord() frames data as TensorFlow does", () => {
    // The first record of every event file of TensorFlow: wall_time 0, file_version "brain.Event:2" … only its framing is compared.
    const record = tfRecord(new Uint8Array(0));
    expect([...record]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0x29, 0x03, 0x98, 0x07, 0xd8, 0xea, 0x82, 0xa2]);
  });

  it("openEventFile() writes events that read back", async () => {
    const file = await openEventFile(path, { disk: disk!, step: 7 });
    await file.scalars(8, { "training/loss": 0.5 });
    await file.picture(9, "Samples", { width: 1, height: 2, png: Uint8Array.of(1, 2, 3) });
    await file.close();
    const [name] = (await readdir(path)).filter((entry) => entry.startsWith("events.out.tfevents."));
    const events = eventsOf(await readFile(join(path, name)));
    expect(events).toEqual([
      { step: 0, version: "brain.Event:2" },
      { step: 7, started: true },
      { step: 8, values: [{ tag: "training/loss", value: 0.5 }] },
      { step: 9, values: [{ tag: "Samples", picture: [2, 1, [1, 2, 3]] }] },
    ]);
  });
});

/** Parses an event file with a reader of its own: framing, then the few fields there are. */
function eventsOf(bytes: Uint8Array): object[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const events: object[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = Number(view.getBigUint64(at, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.subarray(at, at + 16 + length)).toEqual(Buffer.from(tfRecord(data)));
    events.push(eventOf(data));
    at += 16 + length;
  }
  return events;
}

function eventOf(data: Uint8Array): object {
  const event: Record<string, unknown> = {};
  fields(data, {
    1: (r) => void r.double(),
    2: (r) => void (event.step = Number(r.int64())),
    3: (r) => void (event.version = r.string()),
    5: (r) =>
      fields(r.bytes(), { 1: (v) => void (event.values = [...((event.values as []) ?? []), valueOf(v.bytes())]) }),
    7: (r) => fields(r.bytes(), { 1: (s) => void (event.started = s.int32() === 1) }),
  });
  return event;
}

function valueOf(data: Uint8Array): object {
  const value: Record<string, unknown> = {};
  const picture: unknown[] = [];
  fields(data, {
    1: (r) => void (value.tag = r.string()),
    2: (r) => void (value.value = r.float()),
    4: (r) => {
      value.picture = picture;
      fields(r.bytes(), {
        1: (p) => void picture.push(p.int32()),
        2: (p) => void picture.push(p.int32()),
        3: (p) => void p.int32(),
        4: (p) => void picture.push([...p.bytes()]),
      });
    },
  });
  return value;
}

function fields(data: Uint8Array, readers: Record<number, (reader: protobuf.Reader) => void>): void {
  const reader = protobuf.Reader.create(data);
  while (reader.pos < reader.len) readers[reader.uint32() >>> 3](reader);
}
