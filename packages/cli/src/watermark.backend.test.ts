import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { run } from "../../../fixtures/command-line.ts";
import { fixturePath } from "../../../fixtures/read-golden.ts";

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-"))));
afterAll(() => rm(folder, { recursive: true }));

/** What a command line writes, and its status. */
const tiny = [
  "-m",
  fixturePath("models/sd1"),
  "-d",
  "cpu",
  "--threads",
  "1",
  "-s",
  "1",
  "--sampler",
  "euler",
  "-S",
  "7",
];

it("watermark read says what generate --watermark wrote, beside what --nsfw did to the picture", async () => {
  const gated = ["--nsfw", "blur", "--nsfw-threshold", "0", "--watermark", "made by a machine"];
  const made = await run("a red fox", ...tiny, "-W", "256", "-H", "256", ...gated, "-o", join(folder, "fox.png"));
  expect(made).toMatchObject({ status: 0, out: `${join(folder, "fox.png")}\n` });
  expect(made.error).toMatch(/the picture of seed 7 was blurred: it is taken for unsafe by \d+ %/);
  const { out } = await run("watermark", "read", made.out.trim(), fixturePath("watermark/stable-diffusion.png"));
  expect(out.split("\n")).toEqual([
    expect.stringMatching(/fox\.png: made by a machine, agreement 1\.00$/),
    expect.stringMatching(/stable-diffusion\.png: StableDiffusionV1 \(Stable Diffusion\), agreement 1\.00$/),
    "",
  ]);
  const bits = await run("watermark", "read", "--bits", "20", "--json", fixturePath("watermark/stable-diffusion.png"));
  expect(JSON.parse(bits.out)).toEqual([
    { path: expect.any(String), text: expect.stringMatching(/^0b[01]{20}$/), agreement: expect.any(Number) },
  ]);
});

it("generate saves nothing and fails when --nsfw refuse holds all back", async () => {
  const out = join(folder, "refused");
  const gated = ["--nsfw", "refuse", "--nsfw-threshold", "0"];
  const { status, error } = await run("a red fox", ...tiny, "-W", "64", "-H", "64", ...gated, "-o", out);
  expect(status).toBe(1);
  expect(error).toMatch(/Cannot save pictures: all were held back/);
  expect(await readdir(out)).toEqual([]);
  expect(await run("a red fox", "--nsfw-threshold", "0.3")).toMatchObject({
    status: 2,
    error: expect.stringMatching(/--nsfw-threshold alone/),
  });
});

it("watermark lists its tools, and wants a picture", async () => {
  expect((await run("watermark")).out).toMatch(/^read +Say which watermark/);
  expect(await run("watermark", "read")).toMatchObject({ status: 2, error: expect.stringMatching(/no picture/) });
});
