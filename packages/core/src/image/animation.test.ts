import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, expect, it } from "vitest";
import { encodeAnimation } from "#platform";
import { writeAnimation } from "./animation.ts";
import type { Image } from "./image.ts";

const folder = mkdtempSync(join(tmpdir(), "animation-"));
afterAll(() => rmSync(folder, { recursive: true }));
const plain = (value: number, width = 8): Image => ({
  width,
  height: 6,
  channels: 3,
  data: new Uint8Array(3 * width * 6).fill(value),
});

it.each(["webp", "gif"])(
  "writeAnimation() writes every frame with its time when the name ends in .%s",
  async (ending) => {
    const path = join(folder, `a.${ending}`);
    await writeAnimation(path, [plain(0), plain(128), plain(255)], { fps: 10, backAndForth: true });
    const { format, pages, pageHeight, width, delay, loop } = await sharp(path, { animated: true }).metadata();
    expect([format, pages, pageHeight, width, delay, loop]).toEqual([ending, 4, 6, 8, [100, 100, 100, 100], 0]);
    const { data } = await sharp(path, { page: 1 }).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(Math.abs(data[0] - 128)).toBeLessThan(4);
  },
);

it("writeAnimation() throws when the name has another ending", async () => {
  await expect(writeAnimation(join(folder, "a.png"), [plain(0)])).rejects.toThrow("a name in .webp or .gif is wanted");
});

it("encodeAnimation() throws when there are no frames, or of several sizes", async () => {
  const options = { format: "webp", frameMs: 10 } as const;
  await expect(encodeAnimation([], options)).rejects.toThrow("Cannot encode an animation: no frames");
  await expect(encodeAnimation([plain(0), plain(0, 9)], options)).rejects.toThrow("frame 1 is unlike the first, 8×6×3");
});
