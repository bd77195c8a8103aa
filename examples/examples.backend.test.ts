import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readImage } from "@noisette/core/image/png";
import { expect, test } from "vitest";
import { fixturePath } from "../fixtures/read-golden.ts";
import { textToImage } from "./text-to-image.ts";
import { baseThenRefiner } from "./two-models.ts";

test("textToImage() writes a picture for each seed", async () => {
  const folder = mkdtempSync(join(tmpdir(), "noisette-example-"));
  try {
    const paths = await textToImage({ model: fixturePath("models/sd1"), prompt: "a red fox", folder });
    expect(paths).toHaveLength(2);
    expect((await readImage(paths[1])).width).toBe(64);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("baseThenRefiner() hands latents from one model to the next", async () => {
  const image = await baseThenRefiner({
    base: fixturePath("models/sdxl"),
    refiner: fixturePath("models/sdxl-refiner"),
    prompt: "a red fox",
  });
  expect([image.width, image.height]).toEqual([64, 64]);
});
