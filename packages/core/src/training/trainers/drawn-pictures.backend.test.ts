// Data sets whose pictures are drawn anew: what is learnt of a picture belongs to the caption that is learnt with it.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { tinySticker, writeTinyStickerModel } from "../../../../../fixtures/tiny-sticker-model.ts";
import { sharedEngine } from "../../../../../fixtures/shared-engine.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { Engine } from "../../runtime/engine.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import { subset } from "../examples.ts";
import type { DiffusionRecipe } from "../recipe/diffusion.ts";
import { checkRecipe } from "../recipe/read-recipe.ts";
import { openRunFolder } from "../run-folder.ts";
import { openDiffusionTrainer } from "./diffusion.ts";

const { side } = tinySticker;
const variants = 2;
/** Picture and caption of (index, epoch): plain colours, and the number of the epoch. */
const drawn: Dataset = {
  name: "drawn",
  hash: "drawn",
  length: 4,
  skipped: [],
  variants,
  weights: [1, 3, 2, 2],
  describe: (index, epoch = 0) => ({ id: `${index}`, caption: `${epoch}`, columns: {} }),
  async read(index, epoch = 0) {
    const colour = [60 * index, 120 * (epoch % variants), 0, 255];
    const data = Uint8Array.from({ length: 4 * side * side }, (_, i) => colour[i % 4]);
    return { ...this.describe(index, epoch), image: { width: side, height: side, channels: 4, data } };
  },
};

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "drawn-"));
  await writeTinyStickerModel(join(folder, "model"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

const trainer = async (latents: DiffusionRecipe["latents"]) =>
  openDiffusionTrainer(
    checkRecipe(
      {
        trainer: "diffusion",
        name: "drawn",
        data: { path: "drawn" },
        size: side,
        batchSize: 2,
        steps: 2,
        autoencoder: join(folder, "model"),
        text: { path: join(folder, "model") },
        latents,
        unet: { features: [8], attention: [true], resnets: 1, headWidth: 4, groups: 4 },
      },
      "drawn",
    ) as DiffusionRecipe,
    { engine, training: drawn, validation: undefined, folder: await openRunFolder(join(folder, latents)), notice() {} },
  );

it("openDiffusionTrainer() takes cached latents of the epoch's own pictures, and its captions", async () => {
  const [cached, fresh] = [await trainer("cached"), await trainer("each step")];
  for (const epoch of [0, 1, 2, 3]) {
    const batch = { epoch, batch: 0, indices: [3, 1], next: { epoch, batch: 1 } };
    const [a, b] = [await cached.feeds(batch, 0), await fresh.feeds(batch, 0)];
    const [x, y] = [a.clean, b.clean] as [Tensor, Tensor];
    expect(x.dims).toEqual(y.dims);
    // Latents are kept as 16-bit floats.
    x.data.forEach((value, i) => expect(Math.abs(value - y.data[i])).toBeLessThan(2e-3 * (1 + Math.abs(y.data[i]))));
    expect(a.context).toEqual(b.context);
  }
});

it("openDiffusionTrainer() learns examples as often as their weights say, in parts of the set too", async () => {
  expect((await trainer("each step")).batches.weights).toEqual([1, 3, 2, 2]);
  expect(subset(drawn, [1, 3]).weights).toEqual([3, 2]);
});
