import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeStickerPackages } from "../../../../../fixtures/sticker-packages.ts";
import { openDataset } from "../open-dataset.ts";
import type { BuiltStickers } from "./build.ts";
import { buildStickers } from "./build.ts";
import { openStickers } from "./stickers.ts";
import { stickerStyles } from "./styles.ts";
import { hashStickers, writeStickers } from "./write.ts";

const styles = stickerStyles.filter(({ style }) => ["noto", "fluent-3d", "fluent-mono", "fxemoji"].includes(style));
const versions = { "@iconify-json/noto": "1.2.9" };
let folder: string;
let built: BuiltStickers;
const build = () => buildStickers({ packages: join(folder, "packages"), styles });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stickers-"));
  await writeStickerPackages(join(folder, "packages"));
  built = await build();
});
afterAll(() => rm(folder, { recursive: true }));

describe("buildStickers()", () => {
  it("buildStickers() joins, filters and drops as counted when given all kinds of packages", () => {
    expect(built.counts).toEqual([
      // Nine visible icons: a skin tone, a keycap and a clock face go, one has no concept.
      { style: "noto", icons: 9, skinTones: 1, unmatched: ["unknown"], filtered: 2, blank: [], duplicates: 0, kept: 5 },
      { style: "fluent-3d", icons: 3, skinTones: 1, unmatched: [], filtered: 0, blank: [], duplicates: 0, kept: 2 },
      { style: "fluent-mono", icons: 2, skinTones: 0, unmatched: [], filtered: 0, blank: [], duplicates: 0, kept: 2 },
      // White on white cannot be seen; the second fox is the first.
      {
        style: "fxemoji",
        icons: 4,
        skinTones: 0,
        unmatched: [],
        filtered: 0,
        blank: ["pizza"],
        duplicates: 1,
        kept: 2,
      },
    ]);
    expect(built.stickers.map(({ id, label }) => `${id} ${label}`)).toEqual([
      "noto/fox fox",
      "noto/red-apple red apple",
      "noto/pizza pizza",
      "noto/mans-shoe man's shoe",
      "noto/waving-hand waving hand",
      "fluent-3d/1f98a fox",
      "fluent-3d/1f355 pizza",
      "fluent-mono/fox fox",
      "fluent-mono/pizza pizza",
      "fxemoji/fox-2 fox",
      "fxemoji/redapple red apple",
    ]);
  });

  it("buildStickers() merges keywords and keeps other languages when it describes concepts", () => {
    const [fox, apple, , shoe] = built.concepts;
    expect(fox).toEqual({
      label: "fox",
      hexcode: "1F98A",
      emoji: "🦊",
      tags: ["animal", "face", "nature", "red fur"],
      group: "animals-nature",
      subgroup: "animal-mammal",
      localized: { zh: { label: "狐狸", tags: [] }, ja: { label: "キツネ", tags: [] } },
    });
    expect(apple.tags).toEqual(["fruit"]);
    expect(shoe.label).toBe("man's shoe");
  });

  it("buildStickers() draws RGBA whose transparent pixels are black when it renders", () => {
    const fox = built.pixels[0];
    expect(fox.length).toBe(64 * 64 * 4);
    expect(Array.from(fox.slice(0, 4))).toEqual([0, 0, 0, 0]);
    expect(Array.from(fox.slice((32 * 64 + 32) * 4, (32 * 64 + 33) * 4))).toEqual([0xe0, 0x70, 0x1a, 255]);
    // currentColor is black.
    expect(Array.from(built.pixels[7].slice((32 * 64 + 32) * 4, (32 * 64 + 33) * 4))).toEqual([0, 0, 0, 255]);
  });

  it("buildStickers() weighs people, glyphs and large styles less when it balances", () => {
    const weight = (id: string) => built.stickers.find((one) => one.id === id)!.weight;
    expect(weight("noto/waving-hand") / weight("noto/fox")).toBeCloseTo(0.5, 4);
    expect(weight("fluent-mono/fox") / weight("fluent-3d/1f98a")).toBeCloseTo(0.5, 4);
    expect(weight("noto/fox") / weight("fluent-3d/1f98a")).toBeCloseTo(Math.sqrt(2 / 5), 4);
    const mean = built.stickers.reduce((sum, one) => sum + one.weight, 0) / built.stickers.length;
    expect(mean).toBeCloseTo(1, 4);
  });
});

describe("writeStickers()", () => {
  it("writeStickers() gives the same hash when the set is built again, and another when a version differs", async () => {
    const hashes = await hashStickers(built, versions);
    expect(await hashStickers(await build(), versions)).toEqual(hashes);
    expect((await hashStickers(built, { "@iconify-json/noto": "1.3.0" })).set).not.toBe(hashes.set);
  });

  it("writeStickers() writes what openStickers() and imagefolder readers read, and no more, when written twice", async () => {
    const out = join(folder, "set");
    const hashes = await hashStickers(built, versions);
    const more: BuiltStickers = {
      ...built,
      stickers: [...built.stickers, { ...built.stickers[0], id: "noto/old", file_name: "noto/old.png" }],
      pixels: [...built.pixels, built.pixels[1]],
    };
    await expect(openStickers(out)).rejects.toThrow(/no whole sticker set is there \(noisette data stickers --out/);
    await writeStickers(out, more, { hashes });
    await writeStickers(out, built, { hashes });
    const set = await openStickers(out);
    expect(set.hash).toBe(hashes.set);
    expect(set.stickers).toEqual(built.stickers);
    built.pixels.forEach((pixels, i) => expect(Buffer.from(set.pixels(i)).equals(pixels)).toBe(true));
    expect(set.concepts.get("1F98A")).toEqual(built.concepts[0]);

    const dataset = await openDataset(join(out, "train"));
    expect([dataset.length, dataset.skipped]).toEqual([built.stickers.length, []]);
    const fox = await dataset.read(dataset.length - 7);
    const same = built.stickers.findIndex(({ file_name }) => file_name === fox.id);
    expect(fox.image).toMatchObject({ width: 64, height: 64, channels: 4 });
    expect(Buffer.from(fox.image.data).equals(built.pixels[same])).toBe(true);
    expect(fox.caption).toBe(built.stickers[same].text);
    expect(await readFile(join(out, "NOTICE"), "utf8")).toContain("Mozilla Foundation");
    await expect(openStickers(out, { split: "held-out-pair" })).rejects.toThrow(
      'no sticker is in the split "held-out-pair"',
    );
  });
});
