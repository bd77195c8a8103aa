// Editing from the command line: pictures, masks and second models in, pictures and their records out.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../../fixtures/command-line.ts";
import { parseInfotext } from "@noisette/core/image/infotext";
import { readBytes, readImage } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";

const fixture = (path: string) => fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
const small = ["--device", "cpu", "--threads", "1", "--steps", "2", "--sampler", "euler", "--quiet"];
const sd1 = ["--model", fixture("models/sd1")];
const [init, mask] = ["init_image.png", "mask.png"].map((file) => fixture(`cases/sd1/${file}`));

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "noisette-"))));
afterEach(() => rm(folder, { recursive: true }));

it("runCommandLine() paints under a mask, and needs both files to do it again", async () => {
  const [first, second] = [join(folder, "a.png"), join(folder, "b.png")];
  const edit = ["--init", init, "--mask", mask, "--mask-blur", "2", "--paste-original"];
  expect(await run("a fox", ...small, ...sd1, ...edit, "--out", first)).toMatchObject({ status: 0, error: "" });
  const { fields } = parseInfotext(readTextChunks(await readBytes(first)).parameters!);
  expect(fields).toMatchObject({ "Mask blur": "2", "Denoising strength": "0.8" });

  const without = await run("--from", first, "--init", init, "--out", second, "--quiet");
  expect([without.status, without.error]).toEqual([
    2,
    expect.stringContaining("it was painted under a mask that its record"),
  ]);
  const again = await run("--from", first, "--init", init, "--mask", mask, "--out", second, "--quiet");
  expect(again).toMatchObject({ status: 0, error: "" });
  expect((await readImage(second)).data).toEqual((await readImage(first)).data);
});

it("runCommandLine() lets a refiner finish, and does so again from the record", async () => {
  const [first, second] = [join(folder, "a.png"), join(folder, "b.png")];
  const models = ["--model", fixture("models/sdxl"), "--refiner", fixture("models/sdxl-refiner")];
  const line = ["a fox", ...small, ...models, "--steps", "4", "--refiner-at", "0.5", "--seed", "3", "--out", first];
  expect(await run(...line)).toMatchObject({ status: 0, error: "" });
  const { fields } = parseInfotext(readTextChunks(await readBytes(first)).parameters!);
  expect(fields).toMatchObject({ "Refiner switch at": "0.5" });
  expect(await run("--from", first, "--out", second, "--quiet")).toMatchObject({ status: 0, error: "" });
  expect((await readImage(second)).data).toEqual((await readImage(first)).data);
});

it("runCommandLine() names both options when they contradict each other", async () => {
  const { status, error } = await run("a fox", ...small, ...sd1, "--init", init, "--pan", "8,0", "--zoom-out", "2");
  expect([status, error]).toEqual([
    1,
    "noisette: Cannot generate with pan and zoomOut together (one of them is wanted)\n",
  ]);
});

it("runCommandLine() interpolates between prompts and seeds into an animation, all frames after one picture", async () => {
  const out = join(folder, "way.gif");
  const way = ["interpolate", "a fox", "the sea", "--seeds", "1,2", "--frames", "2", "--width", "64", "--height", "64"];
  const control = ["--control", `${fixture("models/controlnet-sd1")},image=${init}`];
  expect(await run(...way, ...small, ...sd1, ...control, "--out", out)).toMatchObject({ status: 0, out: `${out}\n` });
  expect(await readdir(folder)).toEqual(["way.gif"]);
  expect((await sharp(out, { animated: true }).metadata()).pages).toBe(3);
  const alone = await run("interpolate", "a fox", ...small, ...sd1);
  expect([alone.status, alone.error]).toEqual([
    2,
    expect.stringContaining("1 prompts and 1 seeds (two or more of either"),
  ]);
});

it("runCommandLine() enlarges pictures by the bundled network, or to the size that is asked for", async () => {
  const line = ["upscale", init, mask, "--device", "cpu", "--tile", "32", "--quiet", "--out", folder];
  const made = await run(...line);
  expect(made).toMatchObject({ status: 0, error: "" });
  expect(made.out).toBe(`${join(folder, "init_image-x4.png")}\n${join(folder, "mask-x4.png")}\n`);
  expect(await readImage(join(folder, "mask-x4.png"))).toMatchObject({ width: 256, height: 256 });
  const out = join(folder, "half.png");
  expect(await run("upscale", init, "--scale", "1.5", "--device", "cpu", "--out", out)).toMatchObject({ status: 0 });
  expect(await readImage(out)).toMatchObject({ width: 96, height: 96 });
  const file = fixture("models/sd1/unet/diffusion_pytorch_model.safetensors");
  const wrong = await run("upscale", init, "--model", file, "--device", "cpu");
  expect([wrong.status, wrong.error]).toEqual([1, expect.stringContaining("Cannot ")]);
});
