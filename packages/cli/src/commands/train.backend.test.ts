// `noisette train` from its words to its files, and Ctrl-C.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run } from "../../../../fixtures/command-line.ts";
import { writePng } from "@noisette/core/image/png";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-train-command-"));
  const pictures = join(folder, "pictures");
  await mkdir(pictures);
  for (let i = 0; i < 6; i++) {
    const data = new Uint8Array(3 * 64).fill(40 * i);
    await writePng(join(pictures, `${i}.png`), { width: 8, height: 8, channels: 3, data });
  }
  const recipe = {
    trainer: "diffusion",
    name: "tiny",
    data: { path: pictures },
    validation: { examples: 0 },
    size: 8,
    batchSize: 2,
    steps: 100_000,
    optimizer: { kind: "sgd", momentum: 0 },
    unet: { features: [4], attention: [false], resnets: 1, groups: 2, headWidth: 4 },
    every: { checkpoint: 100_000, sample: 100_000 },
  };
  await writeFile(join(folder, "tiny.json"), JSON.stringify(recipe));
  await writeFile(join(folder, "broken.json"), JSON.stringify({ ...recipe, stepz: 1 }));
});
afterAll(() => rm(folder, { recursive: true }));

describe("noisette train", () => {
  it("train says what is wrong with its words and its recipe", async () => {
    expect(await run("train")).toMatchObject({
      status: 2,
      error: "noisette: Cannot train 0 recipes: one file of JSON is wanted\n",
    });
    expect((await run("train", "none.json")).error).toBe('noisette: Cannot read "none.json": no such file or folder\n');
    expect((await run("train", join(folder, "broken.json"))).error).toContain('unknown key "stepz" (closest: "steps")');
  });

  it("train --fields lists a recipe's fields", async () => {
    const { out } = await run("train", "--fields", "clip");
    expect(out).toMatch(/^projection +Width of the embeddings \[an integer from 1 up to 8192; needed\]$/m);
  });

  it("train stops at the step it is told, with a checkpoint and a model", async () => {
    const out = join(folder, "run");
    const { status, error } = await run("train", join(folder, "tiny.json"), "--out", out, "--steps", "2", "-d", "cpu");
    expect([status, error]).toEqual([0, "training, 2 steps on 6 pictures, on cpu\npaused at step 2\n"]);
    expect(await readdir(join(out, "checkpoints"))).toEqual(["step-000000002.safetensors"]);
    await access(join(out, "model", "unet", "config.json"));
  });

  it.runIf(process.platform === "linux")(
    "train writes a checkpoint and ends with 130 when it gets Ctrl-C",
    async () => {
      const out = join(folder, "interrupted");
      const command = fileURLToPath(new URL("../noisette.ts", import.meta.url));
      const line = ["train", join(folder, "tiny.json"), "--out", out, "--device", "cpu", "--threads", "1"];
      const child = spawn(process.execPath, ["--conditions=source", "--import", "tsx/esm", command, ...line], {
        stdio: ["ignore", "ignore", "pipe"],
        detached: true,
      });
      let error = "";
      child.stderr.on("data", (part) => (error += String(part)));
      const exit = once(child, "exit");
      while (!error.includes("training, ") && child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 5));
      process.kill(-child.pid!, "SIGINT"); // the whole group, as from a terminal
      const [status] = (await exit) as [number];
      expect([status, error]).toEqual([130, expect.stringMatching(/interrupted at step \d+\n.*stopped\n$/)]);
      expect(await readdir(join(out, "checkpoints"))).toHaveLength(1);
      expect(await readdir(out)).not.toContain("lock.json");
    },
  );
});
