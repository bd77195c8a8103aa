import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { defaultModel, stickerNotice } from "./default-model.ts";
import { practiceModel, practiceNotice } from "./practice-model.ts";
import { stickerFile } from "./sticker-package.ts";

it("defaultModel() takes the folder of the sticker model when its weights are there", () => {
  expect(defaultModel((path) => join("sticker", path))).toEqual({ path: "sticker", notice: stickerNotice });
});

it("defaultModel() takes the practice model when the sticker model has no weights, or is not there", () => {
  const practice = { path: practiceModel(), notice: practiceNotice, side: 512 };
  expect(defaultModel((path) => (path.startsWith("unet/") ? undefined : path))).toEqual(practice);
  expect(defaultModel(() => undefined)).toEqual(practice);
  expect(existsSync(join(practice.path, "model_index.json"))).toBe(true);
});

it("stickerFile() finds the upscaler in the package, and nothing when the file is missing", () => {
  expect(existsSync(stickerFile("upscaler/realesr-animevideov3-x4.safetensors")!)).toBe(true);
  expect(stickerFile("upscaler/other.safetensors")).toBeUndefined();
});
