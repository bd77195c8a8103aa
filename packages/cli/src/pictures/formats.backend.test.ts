// Pictures of every format that are made again from what they tell.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pictureBytes, pictureFormatIds } from "@noisette/core/image/picture-file";
import { run } from "../../../../fixtures/command-line.ts";

const sd1 = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
const small = "--device cpu --width 64 --height 64 --steps 1 --sampler euler".split(" ").concat("--model", sd1);
const pixel = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-"))));
afterEach(() => rm(folder, { recursive: true }));

describe("--format and --from", () => {
  it.each(pictureFormatIds)("a %s file is made again, byte for byte, from its own record", async (format) => {
    const first = join(folder, `first.${format}`);
    const second = join(folder, `second.${format}`);
    const made = await run("a fox", "--seed", "3", "--out", first, "--format", format, ...small);
    expect(made.status).toBe(0);
    expect((await run("--from", first, "--out", second)).status).toBe(0);
    expect(await readFile(second)).toEqual(await readFile(first));
  });

  it("a JPEG of A1111's is made again as far as it goes, and the rest is told", async () => {
    const path = join(folder, "a1111.jpg");
    const parameters =
      "a fox\nSteps: 1, Sampler: Euler a, CFG scale: 2, Seed: 5, Size: 64x64, Face restoration: GFPGAN";
    await writeFile(path, await pictureBytes(pixel, { format: "jpeg", text: { parameters } }));
    expect(await run("--from", path, "--out", folder, "--model", sd1, "--device", "cpu")).toMatchObject({
      status: 0,
      error: expect.stringContaining("Face restoration: GFPGAN"),
    });
    expect((await readFile(join(folder, "5.png"))).length).toBeGreaterThan(1000);
  });
});
