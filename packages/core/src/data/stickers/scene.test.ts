import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeStickerPackages } from "../../../../../fixtures/sticker-packages.ts";
import { randomStream } from "../random-stream.ts";
import { buildStickers } from "./build.ts";
import { drawCaption } from "./captions.ts";
import type { SceneText } from "./captions.ts";
import { colours } from "./colours.ts";
import type { Scene, SceneKind } from "./scene.ts";
import { sceneMix, scenesOf } from "./scene.ts";
import { isHeldOutColour, isHeldOutComposition } from "./split.ts";
import type { StickerSet } from "./stickers.ts";
import { stickerSet } from "./stickers.ts";
import { stickerStyles } from "./styles.ts";

let set: StickerSet;
beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "scenes-"));
  await writeStickerPackages(folder);
  const styles = stickerStyles.filter(({ style }) => ["noto", "fluent-3d", "fluent-mono", "fxemoji"].includes(style));
  const { stickers, pixels, concepts } = await buildStickers({ packages: folder, styles });
  set = stickerSet(
    stickers.map((sticker, i) => ({ sticker, rgba: pixels[i] })),
    { name: "tiny", concepts, hash: "x" },
  );
  await rm(folder, { recursive: true });
});

const only = (kind: SceneKind) => ({ single: 0, grounded: 0, coloured: 0, composed: 0, [kind]: 1 });
const draw = (count: number, options: Parameters<typeof scenesOf>[1] = {}): Scene[] => {
  const scene = scenesOf(set, options);
  return Array.from({ length: count }, (_, i) => scene(i % set.length, randomStream(1, 0, i)));
};
const everyCaption = { empty: 0, unstyled: 0, templates: { localized: 0, character: 0 } };

/** Much faster than toEqual() on thousands of bytes. */
const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b);

describe("scenesOf()", () => {
  it("scenesOf() gives the same picture and caption when index and random stream are the same", () => {
    const again = draw(80);
    for (const [i, { rgba, ...rest }] of draw(80).entries()) {
      const { rgba: rgbaAgain, ...restAgain } = again[i];
      expect(rest).toEqual(restAgain);
      expect(isSame(rgba, rgbaAgain)).toBe(true);
    }
  });

  it("scenesOf() shows a sticker as it is drawn when nothing is augmented", () => {
    for (const [i, { rgba, kind }] of draw(set.length, { mix: only("single"), augmented: 0 }).entries()) {
      expect(kind).toBe("single");
      expect(rgba).toBe(set.pixels(i));
    }
  });

  it("scenesOf() keeps to the mix when every sticker suits every kind", () => {
    const counts: Record<SceneKind, number> = { single: 0, grounded: 0, coloured: 0, composed: 0 };
    const scene = scenesOf(set, { compositions: "all" });
    for (let i = 0; i < 1000; i++) counts[scene(0, randomStream(3, 0, i)).kind]++;
    // Four standard deviations of these counts of 1000 are at most 46.
    for (const kind of ["grounded", "coloured"] as const)
      expect(Math.abs(counts[kind] - 1000 * sceneMix[kind])).toBeLessThan(46);
    expect(counts.composed).toBeGreaterThan(100);
  });

  it("scenesOf() names the ground, and leaves nothing transparent, when there is one", () => {
    for (const { rgba, caption, text } of draw(60, { mix: only("grounded"), captions: everyCaption })) {
      const { name, rgb } = text.ground!;
      expect(caption).toMatch(new RegExp(`, on an? ${name} background$`));
      expect([...rgba.subarray(0, 4)]).toEqual([...rgb, 255]);
      expect(rgba.every((value, i) => i % 4 !== 3 || value === 255)).toBe(true);
    }
  });

  it("scenesOf() names the colour that most of the drawing has when it is coloured", () => {
    const scenes = draw(200, { mix: only("coloured"), captions: everyCaption, compositions: "all" });
    const coloured = scenes.filter(({ kind }) => kind === "coloured");
    expect(coloured.length).toBeGreaterThan(100);
    for (const { rgba, caption, text } of coloured) {
      const { colour, concept } = text.things[0];
      expect(caption).toContain(`${colour!.name} ${concept.label.replace(/^red /, "")}`);
      expect(caption).not.toContain("black and white");
      const middle = [...rgba.subarray((32 * 64 + 32) * 4, (32 * 64 + 32) * 4 + 3)];
      const distance = (rgb: readonly number[]) => Math.hypot(...rgb.map((value, c) => value - middle[c]));
      // The named colour is among the three nearest of the twelve (dark or pale shades lie between two names).
      const nearest = colours.toSorted((a, b) => distance(a.rgb) - distance(b.rgb)).slice(0, 3);
      expect(nearest.map(({ name }) => name)).toContain(colour!.name);
    }
    // A hand keeps its skin.
    const hand = set.stickers.findIndex(({ label }) => label === "waving hand");
    expect(scenesOf(set, { mix: only("coloured") })(hand, randomStream(1)).kind).toBe("single");
  });

  it("scenesOf() gives things their own colours as often as any, where they are drawn when nothing is augmented", () => {
    const fox = set.stickers.findIndex(({ label, style }) => label === "fox" && style === "noto");
    const scene = scenesOf(set, { mix: only("coloured"), augmented: 0, compositions: "all" });
    const scenes = Array.from({ length: 200 }, (_, i) => scene(fox, randomStream(2, i)));
    const own = scenes.filter(({ text }) => /^(red|orange|yellow)$/.test(text.things[0].colour!.name));
    // One half, and a share of the other, three of seven hues: 0.71, with a deviation of 0.03.
    expect(Math.abs(own.length / scenes.length - (0.5 + 0.5 * (3 / 7)))).toBeLessThan(0.1);
    for (const { rgba } of scenes)
      expect(
        isSame(
          rgba.filter((_, i) => i % 4 === 3),
          set.pixels(fox).filter((_, i) => i % 4 === 3),
        ),
      ).toBe(true);
  });

  it("scenesOf() puts things where the caption says, as many as it says, when composed", () => {
    const scenes = draw(300, { mix: only("composed"), captions: everyCaption, compositions: "all" });
    const kinds = { pair: 0, count: 0, size: 0 };
    for (const { kind, caption, rgba, text } of scenes) {
      if (kind !== "composed") continue;
      const [first, second] = text.things;
      if (second) {
        kinds.pair++;
        expect(first.concept).not.toBe(second.concept);
        if (text.relation === "left")
          expect(caption).toMatch(new RegExp(`${first.concept.label} to the left of .*${second.concept.label}`));
      } else if (text.count) {
        kinds.count++;
        expect(caption).toMatch(/^(two|three|four) (foxes|red apples|pizzas)/);
      } else {
        kinds.size++;
        expect(caption).toMatch(/^a (small|tiny) /);
        const covered = rgba.filter((value, i) => i % 4 === 3 && value > 0).length;
        if (!text.ground) expect(covered).toBeLessThan(64 * 64 * 0.36);
      }
    }
    for (const count of Object.values(kinds)) expect(count).toBeGreaterThan(10);
  });

  it("scenesOf() shows what is held out only when it is asked for", () => {
    for (const compositions of ["train", "held-out"] as const) {
      const isHeldOut = compositions === "held-out";
      for (const { kind, text } of draw(300, { mix: { single: 0, grounded: 0 }, compositions })) {
        const [first, second] = text.things;
        if (first.colour) expect(isHeldOutColour(first.concept.hexcode, first.colour.name)).toBe(isHeldOut);
        if (second) expect(isHeldOutComposition(first.concept.hexcode, second.concept.hexcode)).toBe(isHeldOut);
        expect(kind).toMatch(/single|coloured|composed/);
      }
    }
  });
});

describe("drawCaption()", () => {
  const captionsOf = (text: Omit<SceneText, "style">, options: Parameters<typeof drawCaption>[2]) => {
    const random = randomStream(8);
    return Array.from({ length: 400 }, () => drawCaption({ style: stickerStyles[2], ...text }, random, options));
  };
  const concept = (label: string) => [...set.concepts.values()].find((one) => one.label === label)!;

  it("drawCaption() is empty, without style or in another language as often as asked", () => {
    const all = captionsOf({ things: [{ concept: concept("fox") }] }, { empty: 0.25, languages: { zh: 1, ja: 3 } });
    const share = (isCounted: (one: (typeof all)[number]) => boolean) => all.filter(isCounted).length / all.length;
    expect(share(({ text }) => text === "")).toBeGreaterThan(0.17);
    expect(share(({ language }) => language === "ja")).toBeGreaterThan(share(({ language }) => language === "zh"));
    expect(new Set(all.map(({ text }) => text)).size).toBeGreaterThan(30);
  });

  it("drawCaption() writes every template when single stickers are described", () => {
    const texts = (template: string) =>
      new Set(
        captionsOf(
          { things: [{ concept: concept("fox") }] },
          {
            empty: 0,
            unstyled: 0,
            templates: {
              plain: 0,
              article: 0,
              emojiOf: 0,
              tagged: 0,
              tags: 0,
              character: 0,
              localized: 0,
              [template]: 1,
            },
          },
        ).map(({ text }) => text),
      );
    expect(texts("plain")).toContain("fox, 3d glossy");
    expect(texts("article")).toContain("a fox, glossy style");
    expect(texts("emojiOf")).toContain("3d emoji of a fox");
    expect(texts("tagged")).toContain("fox, nature, animal, 3d glossy");
    expect(texts("tags")).toContain("animal red fur fox");
    expect(texts("character")).toContain("🦊, glossy");
    expect(texts("localized")).toEqual(new Set(["狐狸，3D立体", "キツネ、3D立体"]));
  });

  it("drawCaption() says colours, grounds and relations in Chinese and Japanese when asked for these", () => {
    const [blue, red] = ["blue", "red"].map((name) => colours.find((colour) => colour.name === name)!);
    const localized = {
      empty: 0,
      unstyled: 1,
      templates: { plain: 0, article: 0, emojiOf: 0, tagged: 0, tags: 0, character: 0, localized: 1 },
    };
    const texts = (text: Omit<SceneText, "style">) => new Set(captionsOf(text, localized).map((one) => one.text));
    expect(texts({ things: [{ concept: concept("fox"), colour: blue }], ground: red })).toEqual(
      new Set(["蓝色的狐狸，红色背景", "青いキツネ、赤い背景"]),
    );
    expect(texts({ things: [{ concept: concept("fox") }, { concept: concept("pizza") }], relation: "left" })).toEqual(
      new Set(["披萨左边的狐狸", "ピザの左のキツネ"]),
    );
    expect(texts({ things: [{ concept: concept("pizza") }], count: 3 })).toEqual(new Set(["三个披萨", "3つのピザ"]));
    expect(texts({ things: [{ concept: concept("fox"), size: "small" }] })).toEqual(
      new Set(["小狐狸", "小さなキツネ"]),
    );
  });
});
