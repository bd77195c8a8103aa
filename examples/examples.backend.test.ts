// Every example, on tiny models of random weights: each model is opened once.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "noisette";
import type { Image, Model } from "noisette";
import { annotatorIds } from "@noisette/core/image/annotators/index";
import { readImage, writePng } from "@noisette/core/image/png";
import { tensor } from "@noisette/core/tensor/tensor";
import { afterAll, beforeAll, expect, test } from "vitest";
import { alteredModel } from "../fixtures/altered-model.ts";
import { fixturePath } from "../fixtures/read-golden.ts";
import { sharedModel } from "../fixtures/shared-engine.ts";
import {
  tinyIpAdapterConfig,
  tinyIpAdapterWeights,
  tinyProjections,
  writeTinyIpAdapter,
} from "../fixtures/tiny-ip-adapter.ts";
import { tinyLatentUpscaler } from "../fixtures/tiny-latent-upscaler.ts";
import { writeTinyStickerModel } from "../fixtures/tiny-sticker-model.ts";
import { annotatorSheet } from "./annotators.ts";
import { attentionMaps } from "./attention-maps.ts";
import { followEdges } from "./controlnet.ts";
import { depthToImage } from "./depth-to-image.ts";
import { editByInstruction } from "./edit-by-instruction.ts";
import { fewSteps } from "./few-steps.ts";
import { waysOfGuidance } from "./guidance.ts";
import { hiresFix } from "./hires-fix.ts";
import { moreAndMore } from "./hypernetwork.ts";
import { imageToImage } from "./image-to-image.ts";
import { inpaint } from "./inpaint.ts";
import { fromTo } from "./interpolate.ts";
import { withLoras } from "./lora.ts";
import { mixtures } from "./merge-checkpoints.ts";
import { pictureAsPrompt } from "./ip-adapter.ts";
import { panorama, seamlessTile } from "./large-pictures.ts";
import { makeAgain, writeWithSettings } from "./metadata.ts";
import { otherAutoencoder } from "./other-autoencoder.ts";
import { outpaint } from "./outpaint.ts";
import { stepsBySamplers } from "./plot.ts";
import { waysOfWriting } from "./prompts.ts";
import { followBoth } from "./t2i-adapter.ts";
import { learnedWord } from "./textual-inversion.ts";
import { byWeight, learnPictures } from "./train-lora.ts";
import { askForIt, learnWord } from "./train-textual-inversion.ts";
import { textToImage } from "./text-to-image.ts";
import { baseThenRefiner, oneAfterTheOther } from "./two-models.ts";
import { bundledNetwork, enlarge } from "./upscale.ts";
import { upscaleDiffusion } from "./upscale-diffusion.ts";
import { upscaleLatents } from "./upscale-latents.ts";
import { variations } from "./variations.ts";

const common = { prompt: "a red fox", steps: 2, seed: 1, width: 64, height: 64 } as const;
const sizeOf = ({ width, height }: Image) => [width, height];
let sd1: Model;
let init: Image;
let mask: Image;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "noisette-example-"));
  sd1 = await sharedModel("sd1");
  init = await readImage(fixturePath("cases/sd1/init_image.png"));
  mask = await readImage(fixturePath("cases/sd1/mask.png"));
});
afterAll(() => rmSync(folder, { recursive: true }));
async function withModel<T>(path: string, use: (sd: Model) => Promise<T>): Promise<T> {
  const sd = await load(path, { device: "cpu", threads: 1 });
  try {
    return await use(sd);
  } finally {
    await sd.close();
  }
}

test("every example has at most 60 lines", () => {
  const files = readdirSync(import.meta.dirname).filter((name) => !name.endsWith(".test.ts"));
  const lines = (name: string) => readFileSync(join(import.meta.dirname, name), "utf8").split("\n").length - 1;
  expect(files.filter((name) => lines(name) > 60)).toEqual([]);
});

test("textToImage() writes a picture for each seed", async () => {
  const paths = await textToImage({ model: fixturePath("models/sd1"), folder, device: "cpu", ...common });
  expect(paths).toHaveLength(2);
  expect(sizeOf(await readImage(paths[1]))).toEqual([64, 64]);
});

test("waysOfWriting() shows what every prompt became", async () => {
  const { width, height } = common;
  const labels = (await waysOfWriting(sd1, { steps: 2, seed: 1, width, height })).map(({ label }) => label);
  expect(labels).toHaveLength(7);
  expect(labels[5]).toMatch(/^a (red|white) fox in the (snow|fog|rain)(,| ).*(snow|fog|rain)$/);
  expect(labels[6]).toMatch(/^a fox, in (the rain|deep snow|fresh snow)$/);
});

test("imageToImage() makes a picture of the same size", async () => {
  const image = await imageToImage(sd1, { ...common, init });
  expect(sizeOf(image)).toEqual([64, 64]);
  expect(image.data).not.toEqual(init.data);
});

test("inpaint() leaves what is black in the mask, with a model for it and with any other", async () => {
  const paint = (sd: Model) => inpaint(sd, { ...common, init, mask });
  const pictures = [await paint(sd1), await paint(await sharedModel("sd1-inpaint"))];
  for (const { whole, masked, soft } of pictures) {
    expect([whole, masked, soft].map(sizeOf)).toEqual([64, 64, 64].map((side) => [side, side]));
    for (const image of [masked, soft]) {
      const kept = image.data.filter((value, i) => value === init.data[i]).length / image.data.length;
      expect(kept).toBeGreaterThan(0.02);
      expect(kept).toBeLessThan(0.95);
    }
  }
  expect(pictures[0].whole.data).not.toEqual(pictures[1].whole.data);
});

test("outpaint() makes the sizes that are asked for", async () => {
  const { prompt, steps, seed } = common;
  const { wider, panned, zoomed } = await outpaint(sd1, { prompt, steps, seed, init });
  expect([wider, panned, zoomed].map(sizeOf)).toEqual([
    [96, 64],
    [64, 64],
    [64, 64],
  ]);
});

test("hiresFix() doubles the size in both ways", async () => {
  const { latent, pixels } = await hiresFix(sd1, { ...common, width: 32, height: 32 });
  expect([latent, pixels].map(sizeOf)).toEqual([
    [64, 64],
    [64, 64],
  ]);
});

test("enlarge() makes a picture four times as large by the bundled network", async () => {
  expect(sizeOf(await enlarge(init, bundledNetwork))).toEqual([256, 256]);
});

test("upscaleDiffusion() makes a picture four times as large", async () => {
  const small = await readImage(fixturePath("cases/sd-x4-upscaler/low_res.png"));
  const upscaler = await sharedModel("sd-x4-upscaler");
  const large = await upscaleDiffusion(upscaler, { prompt: "a fox", steps: 2, seed: 1, small });
  expect(sizeOf(large)).toEqual([64, 64]);
});

test("upscaleLatents() makes a picture twice as large without decoding it between", async () => {
  const { folder: path, remove } = await tinyLatentUpscaler();
  const large = await withModel(path, (upscaler) => upscaleLatents(sd1, upscaler, common)).finally(remove);
  expect(sizeOf(large)).toEqual([128, 128]);
});

test("variations() differ from the original and from each other", async () => {
  const all = await variations(sd1, common);
  expect(new Set(all.slice(0, 4).map(({ data }) => data.join())).size).toBe(4);
  expect(sizeOf(all[4])).toEqual([96, 64]);
});

test("fromTo() writes an animation", async () => {
  const { prompt: from, seed: _, ...options } = common;
  const path = join(folder, "a.webp");
  const first = await fromTo(sd1, { from, to: "a blue sea", path, ...options });
  expect([sizeOf(first), sizeOf(await readImage(path))]).toEqual([
    [64, 64],
    [64, 64],
  ]);
});

test("fewSteps() makes pictures in one step and in four", async () => {
  for (const kind of ["turbo", "lcm"] as const) expect(sizeOf(await fewSteps(sd1, kind, common))).toEqual([64, 64]);
});

test("makeAgain() makes the picture of writeWithSettings() again", async () => {
  const path = join(folder, "fox.webp");
  const first = await writeWithSettings(sd1, { ...common, path, sampler: "euler", schedule: "karras" });
  expect((await makeAgain(sd1, path)).data).toEqual(first.data);
});

test("waysOfGuidance() shows nine pictures in three rows", async () => {
  const sheet = await waysOfGuidance(sd1, { ...common, negativePrompt: "blurry", width: 128, height: 128 });
  expect(sizeOf(sheet)).toEqual([3 * (128 + 8) + 8, 3 * (128 + 24 + 8) + 8]);
});

test("attentionMaps() has a column for each word and a row for each step", async () => {
  const { width, height } = await attentionMaps(sd1, { ...common, steps: 3 });
  expect(width).toBeGreaterThan(3 * 64);
  expect(height).toBe(24 + 8 + 3 * (64 + 8));
});

test("seamlessTile() and panorama() make the sizes that are asked for", async () => {
  expect(sizeOf(await seamlessTile(sd1, common))).toEqual([64, 64]);
  expect(sizeOf(await panorama(sd1, { ...common, side: 64 }))).toEqual([256, 64]);
});

test("stepsBySamplers() has a cell for every choice", async () => {
  const { height } = await stepsBySamplers(sd1, { ...common, counts: [1, 2], samplers: ["euler", "heun"] });
  expect(height).toBe(24 + 8 + 2 * (64 + 8));
});

test("otherAutoencoder() decodes in another way", async () => {
  const own = (await sd1.generate(common)).images[0].image!;
  const vae = fixturePath("models/sdxl/vae");
  const other = await otherAutoencoder(fixturePath("models/sd1"), { vae, device: "cpu", ...common });
  expect(sizeOf(other)).toEqual(sizeOf(own));
  expect(other.data).not.toEqual(own.data);
});

test("baseThenRefiner() makes the picture that oneAfterTheOther() makes", async () => {
  const paths = [fixturePath("models/sdxl"), fixturePath("models/sdxl-refiner")] as const;
  const options = { ...common, steps: 5 };
  const [base, refiner] = await Promise.all(["sdxl", "sdxl-refiner"].map(sharedModel));
  const together = await baseThenRefiner(base, { ...options, refiner });
  expect(together.data).toEqual((await oneAfterTheOther(paths, { ...options, device: "cpu" })).data);
});

test("annotatorSheet() has a row for every annotator", async () => {
  expect((await annotatorSheet(init)).height).toBeGreaterThan(annotatorIds.length * (64 + 8));
});

test("pictureAsPrompt() has a cell for every weight and part of the steps", async () => {
  const weights = tinyIpAdapterWeights(await tinyIpAdapterConfig("sd1", tinyProjections["ip-adapter"]));
  const adapter = await writeTinyIpAdapter(folder, weights, "ip-adapter_sd15.safetensors");
  const sheet = await pictureAsPrompt(sd1, { ...common, adapter, picture: init });
  expect(sheet.height).toBeGreaterThan(3 * (64 + 8));
});

const controlNet = fixturePath("models/controlnet-sd1");

test("followEdges() has a row for every mode", async () => {
  const sheet = await followEdges(sd1, { ...common, net: controlNet, picture: init });
  expect(sheet.height).toBeGreaterThan(4 * (64 + 8));
});

test("followBoth() makes another picture than without", async () => {
  const adapter = { path: fixturePath("models/t2iadapter-sd1"), image: init };
  const made = await followBoth(sd1, { ...common, controlNet: { path: controlNet, image: init }, adapter });
  expect(made.data).not.toEqual((await sd1.generate(common)).images[0].image!.data);
});

/** sd1 with `extra` more channels, as models for one task have. */
const withChannels = (extra: number): Promise<string> =>
  alteredModel("sd1", {
    config: { in_channels: 4 + extra },
    alter(tensors) {
      const { data } = tensors.get("conv_in.weight")!;
      const weights = Float32Array.from({ length: 72 * (4 + extra) }, (_, i) => data[i % 288]);
      return new Map([...tensors, ["conv_in.weight", tensor([8, 4 + extra, 3, 3], weights)]]);
    },
  });

test.each([
  ["editByInstruction()", 4, (sd: Model) => editByInstruction(sd, { ...common, picture: init })],
  ["depthToImage()", 1, (sd: Model) => depthToImage(sd, { ...common, picture: init, depth: init })],
] as const)("%s makes another picture of the same size", async (_, extra, make) => {
  const path = await withChannels(extra);
  try {
    const made = await withModel(path, make);
    expect(sizeOf(made)).toEqual([64, 64]);
    expect(made.data).not.toEqual(init.data);
  } finally {
    rmSync(path, { recursive: true });
  }
});

test("learnedWord() makes a picture for each way to name it", async () => {
  const { steps, seed, width, height } = common;
  const path = fixturePath("adapters/ti_diffusers_multi.safetensors");
  const pictures = await learnedWord(sd1, { path, steps, seed, width, height });
  expect(pictures.map(({ label }) => label.replace(/ \([0-9a-f]{12}\)$/, ""))).toEqual([
    "a fox, (ti_diffusers_multi:1.2)",
    "a fox",
    "a fox, <learned>",
    "a fox, embedding:ti_diffusers_multi",
  ]);
});

test("withLoras() makes another picture in every way", async () => {
  const folder = fixturePath("adapters");
  const made = await withLoras(sd1, { ...common, steps: 5, folder, name: "lora_kohya" });
  expect(made.map(({ label }) => label)).toEqual(["none", "half", "tag", "growing", "merged"]);
  expect(new Set(made.map(({ image }) => image.data.join())).size).toBe(5);
});

test("moreAndMore() changes the picture with the weight", async () => {
  const pictures = await moreAndMore(sd1, { ...common, path: fixturePath("adapters/hypernet_relu.pt") });
  expect(pictures.at(-1)!.label).toBe("a red fox <hypernet:hypernet_relu:1>");
  expect(pictures[3].image.data).toEqual(pictures[2].image.data);
  expect(pictures[2].image.data).not.toEqual(pictures[0].image.data);
});

test("mixtures() writes a file, a folder and a smaller file", async () => {
  const [a] = [fixturePath("models/sd1")];
  const paths = await mixtures(a, a, folder);
  await withModel(paths[1], async (sd) => {
    const { images } = await sd.generate(common);
    expect(sizeOf(images[0].image!)).toEqual([64, 64]);
  });
});

test("learnPictures() and learnWord() write files that byWeight() and askForIt() make pictures with", async () => {
  const model = join(folder, "taught");
  await writeTinyStickerModel(model, { features: [8] });
  const pictures = join(folder, "pictures");
  mkdirSync(pictures);
  await writePng(join(pictures, "0.png"), init);
  writeFileSync(join(pictures, "0.txt"), "a fox");
  const small = { folder: pictures, size: 16, changes: { steps: 1, samples: { count: 0 }, recompute: false } };
  await withModel(model, async (sd) => {
    const options = { steps: 2, seed: 1, width: 16, height: 16 };
    const layers = [{ pattern: "unet.mid_block.*.to_q" }];
    const lora = await learnPictures(sd, { ...small, out: join(folder, "l"), changes: { ...small.changes, layers } });
    expect((await byWeight(sd, { ...options, path: lora, prompt: "a fox" })).height).toBeGreaterThan(2 * 32);
    const texts = { initial: "a fox", texts: ["{word}"] };
    const word = await learnWord(sd, { ...small, out: join(folder, "w"), changes: { ...small.changes, ...texts } });
    expect((await askForIt(sd, { ...options, path: word })).width).toBeGreaterThan(32);
  });
});
