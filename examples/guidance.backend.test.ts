import { rmSync } from "node:fs";
import type { Image } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { tensor } from "@noisette/core/tensor/tensor";
import { expect, test } from "vitest";
import { alteredModel } from "../fixtures/altered-model.ts";
import { fixturePath } from "../fixtures/read-golden.ts";
import { attentionMaps } from "./attention-maps.ts";
import { editByInstruction, paintAfterDepth } from "./edit-by-instruction.ts";
import { waysOfGuidance } from "./guidance.ts";
import { panorama, seamlessTile } from "./large-pictures.ts";
import { stepsBySamplers } from "./plot.ts";

const sd1 = fixturePath("models/sd1");
const prompt = "a red fox";
const sizeOf = ({ width, height }: Image) => [width, height];

test("waysOfGuidance() shows nine pictures in three rows", async () => {
  expect(sizeOf(await waysOfGuidance(sd1, prompt))).toEqual([3 * (128 + 8) + 8, 3 * (128 + 24 + 8) + 8]);
});

test("attentionMaps() has a column for each word and a row for each step", async () => {
  const { width, height } = await attentionMaps(sd1, prompt);
  expect(width).toBeGreaterThan(3 * 64);
  expect(height).toBe(24 + 8 + 3 * (64 + 8));
});

test("seamlessTile() and panorama() make the sizes that are asked for", async () => {
  expect(sizeOf(await seamlessTile(sd1, prompt))).toEqual([64, 64]);
  expect(sizeOf(await panorama(sd1, prompt))).toEqual([256, 64]);
});

test("stepsBySamplers() has a cell for every choice", async () => {
  const { height } = await stepsBySamplers(sd1, { prompt, steps: [1, 2, 3], samplers: ["euler", "heun"] });
  expect(height).toBe(24 + 8 + 2 * (64 + 8));
});

test.each([
  ["editByInstruction()", 4, editByInstruction],
  ["paintAfterDepth()", 1, paintAfterDepth],
] as const)("%s makes another picture of the same size", async (_, extra, make) => {
  const model = await alteredModel("sd1", {
    config: { in_channels: 4 + extra },
    alter(tensors) {
      const { data } = tensors.get("conv_in.weight")!;
      const wider = tensor(
        [8, 4 + extra, 3, 3],
        Float32Array.from({ length: 72 * (4 + extra) }, (__, i) => data[i % 288]),
      );
      return new Map([...tensors, ["conv_in.weight", wider]]);
    },
  });
  try {
    const picture = await readImage(fixturePath("cases/sd1/init_image.png"));
    const made = await make(model, { picture, depth: picture, prompt, instruction: prompt });
    expect(sizeOf(made)).toEqual([64, 64]);
    expect(made.data).not.toEqual(picture.data);
  } finally {
    rmSync(model, { recursive: true });
  }
});
