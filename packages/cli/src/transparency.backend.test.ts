// Models for transparent pictures on the command line: files with alpha, enlarged by the network in the model's folder.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { readImage } from "@noisette/core/image/png";
import { readTextChunks } from "@noisette/core/image/png-metadata";
import { run } from "../../../fixtures/command-line.ts";
import { tinySticker, writeTinyStickerModel } from "../../../fixtures/tiny-sticker-model.ts";

const { side, enlarged } = tinySticker;
let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  model = join(folder, "model");
  await writeTinyStickerModel(model);
  return () => rm(folder, { recursive: true });
});
const draw = async (...line: string[]) =>
  expect(await run(...line, "--device", "cpu", "--model", model)).toMatchObject({ status: 0 });

describe("runCommandLine() with a model for transparent pictures", () => {
  it("runCommandLine() saves an enlarged PNG with alpha that says how it was made, and makes the same of it again", async () => {
    const path = join(folder, "fox.png");
    await draw("🦊，扁平", "--seed", "7", "--out", path);
    const image = await readImage(path);
    expect(image).toMatchObject({ width: enlarged, height: enlarged, channels: 4 });
    const { parameters, noisette } = readTextChunks(await readFile(path));
    expect(parameters).toMatch(/^🦊，扁平\n/);
    expect(parameters).toContain(`Size: ${side}x${side}`);
    expect(parameters).toContain("Postprocess upscale by: 2, Postprocess upscaler: x2");
    expect(JSON.parse(noisette).options).toMatchObject({ steps: 3, guidanceScale: 2, upscale: true });
    const again = join(folder, "again.png");
    await draw("--from", path, "--out", again);
    expect(await readImage(again)).toEqual(image);
  });

  it("runCommandLine() leaves pictures as small as they are made when told --no-upscale, and shows all on one sheet", async () => {
    const out = join(folder, "many");
    await draw("a fox", "--count", "2", "--seed", "1", "--preview", "1", "--no-upscale", "--out", out);
    expect((await readdir(out)).toSorted()).toEqual(["1-sheet.png", "1.png", "2.png", "preview.png"]);
    expect(await readImage(join(out, "2.png"))).toMatchObject({ width: side, height: side, channels: 4 });
    expect(await readImage(join(out, "preview.png"))).toMatchObject({ width: side, channels: 4 });
    expect(await readImage(join(out, "1-sheet.png"))).toMatchObject({ channels: 3 });
  });

  it("runCommandLine() varies a picture that it saved, and animates", async () => {
    const path = join(folder, "fox.png");
    const varied = join(folder, "varied.png");
    await draw("a fox", "--init", path, "--strength", "0.5", "--out", varied);
    expect(await readImage(varied)).toMatchObject({ width: enlarged, height: enlarged, channels: 4 });
    const animation = join(folder, "fox.webp");
    await draw("interpolate", "a fox", "🍕", "--frames", "2", "--out", animation);
    expect(await readImage(animation)).toMatchObject({ width: enlarged, channels: 4 });
  });
});
