// Plots and maps from their words to their files, in this process.

import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readImage } from "@noisette/core/image/png";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../../../fixtures/command-line.ts";

const sd1 = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
const small = "--device cpu --width 64 --height 64 --sampler euler --seed 1 --quiet".split(" ").concat("--model", sd1);

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-plots-"))));
afterEach(() => rm(folder, { recursive: true }));

/** Runs the line; the names of the files it printed. */
async function filesOf(...line: string[]): Promise<string[]> {
  const { status, out } = await run(...line, ...small, "--out", folder);
  expect(status).toBe(0);
  return out
    .trimEnd()
    .split("\n")
    .map((path) => path.slice(folder.length + 1));
}

it("runCommandLine() makes a picture for every cell and a sheet when it is given --x and --y", async () => {
  const files = await filesOf("a red fox", "--x", "steps=1-3", "--y", "guidance=2,8");
  expect(files).toEqual(["1.png", ...[2, 3, 4, 5, 6].map((n) => `1-${n}.png`), "1-plot.png"]);
  expect((await readImage(join(folder, "1-plot.png"))).height).toBe(2 * 24 + 8 + 2 * (64 + 8));
});

it("runCommandLine() makes a model's pictures one after the other when models are an axis", async () => {
  const files = await filesOf("a red fox", "--steps", "1", "--x", `model=${sd1},${sd1}`, "--y", "seed=1,2");
  expect(files).toEqual(["1.png", "1-2.png", "2.png", "2-2.png", "1-plot.png"]);
});

it("runCommandLine() makes a picture for each line of --prompts", async () => {
  const file = join(folder, "prompts.txt");
  await writeFile(file, "a red fox\n--prompt 'an owl' --steps 1 --seed 5\n");
  expect(await filesOf("--prompts", file, "--steps", "1")).toEqual(["1.png", "5.png", "1-plot.png"]);
});

it("runCommandLine() saves where words were looked at when it is given --attention", async () => {
  await filesOf("a red fox", "--steps", "2", "--attention");
  expect((await readdir(folder)).sort()).toEqual(["1-attention.png", "1.png"]);
});
