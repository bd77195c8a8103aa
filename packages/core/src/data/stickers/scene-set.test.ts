import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeTinyStickerSet } from "../../../../../fixtures/tiny-sticker-set.ts";
import type { Example } from "../dataset.ts";
import { openScenes } from "./scene-set.ts";
import type { SceneSetOptions } from "./scene-set.ts";
import { openStickers } from "./stickers.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "scenes-"));
  await writeTinyStickerSet(folder);
  return () => rm(folder, { recursive: true });
});

/** Every example of some epochs: `[epoch][index]`. */
async function drawn(epochs: number, options: SceneSetOptions): Promise<Example[][]> {
  const set = await openScenes(folder, options);
  const each = (epoch: number) => Array.from({ length: set.length }, (_, i) => set.read(i, epoch));
  return Promise.all(Array.from({ length: epochs }, (_, epoch) => Promise.all(each(epoch))));
}
const seen = (examples: readonly Example[]) => examples.map((one) => [one.id, one.caption, pixels(one)]);
const onlySingle = { single: 1, grounded: 0, coloured: 0, composed: 0 };
const pixels = ({ image }: Example): string => Buffer.from(image.data).toString("base64");

describe("openScenes()", () => {
  it("openScenes() draws the same for the same epoch and seed, and otherwise for others", async () => {
    const [first, again, other] = [await drawn(2, {}), await drawn(2, {}), await drawn(1, { seed: 1 })];
    expect(again.map(seen)).toEqual(first.map(seen));
    expect(first[1].map(pixels)).not.toEqual(first[0].map(pixels));
    expect(other[0].map(pixels)).not.toEqual(first[0].map(pixels));
  });

  it("openScenes() shows as many pictures of each sticker as there are variants, and new captions every epoch", async () => {
    const epochs = await drawn(6, { variants: 2 });
    for (const [epoch, examples] of epochs.entries())
      expect(examples.map(pixels)).toEqual(epochs[epoch % 2].map(pixels));
    const captions = new Set(epochs.filter((_, epoch) => epoch % 2 === 0).map((examples) => examples[0].caption));
    expect(captions.size).toBeGreaterThan(1);
  });

  it("openScenes() shows stickers as they are drawn when none is augmented", async () => {
    const plain = await openStickers(folder, { split: "train" });
    const asDrawn = Array.from({ length: plain.length }, (_, i) => Buffer.from(plain.pixels(i)).toString("base64"));
    const [single, moved] = [0, 1].map((augmented) => drawn(1, { mix: onlySingle, augmented }));
    expect((await single)[0].map(pixels)).toEqual(asDrawn);
    for (const [i, one] of (await moved)[0].entries()) expect(pixels(one)).not.toBe(asDrawn[i]);
  });

  it("openScenes() leaves no caption empty, and speaks the languages it is told", async () => {
    const all = (await drawn(8, {})).flat();
    expect(all.filter(({ caption }) => !caption)).toEqual([]);
    const isEastAsian = ({ caption }: Example) =>
      /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(caption!);
    expect(all.some(isEastAsian)).toBe(true);
    expect((await drawn(8, { languages: [] })).flat().some(isEastAsian)).toBe(false);
  });

  it("openScenes() has the training split's stickers with their weights and columns, and a hash of what is drawn", async () => {
    const [scenes, plain] = [await openScenes(folder), await openStickers(folder, { split: "train" })];
    expect(scenes).toMatchObject({ length: plain.length, weights: plain.stickers.map(({ weight }) => weight) });
    const { id, style, label } = plain.stickers[0];
    expect(await scenes.read(0)).toMatchObject({ id, columns: { style, label } });
    expect((await openScenes(folder, { seed: 1 })).hash).not.toBe(scenes.hash);
  });
});
