import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { findDuplicates } from "./dedupe.ts";
import type { ExampleRecord } from "./record.ts";
import { statistics } from "./statistics.ts";

const record = (id: string, bytes: Promise<Uint8Array> | Uint8Array, caption?: string): ExampleRecord => ({
  id,
  file: id,
  columns: {},
  bytes: async () => bytes,
  ...(caption === undefined ? {} : { caption }),
});
const drawing = (colour: string, shape: string) =>
  sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="96" height="64"><rect width="96" height="64" fill="#dde"/><g fill="${colour}">${shape}</g></svg>`,
    ),
  ).removeAlpha();
const circle = '<circle cx="30" cy="30" r="20"/><rect x="60" y="8" width="12" height="50"/>';
const star = '<path d="M48 4 L60 60 L10 20 L86 20 L30 60 Z"/>';

describe("findDuplicates()", () => {
  it("findDuplicates() finds the same picture when it is compressed, smaller or brighter, and no other", async () => {
    const png = await drawing("#a33", circle).png().toBuffer();
    const records = [
      record("circle.png", png),
      record("star.png", drawing("#a33", star).png().toBuffer()),
      record("circle.jpg", sharp(png).jpeg({ quality: 60 }).toBuffer()),
      record("small.png", sharp(png).resize(48, 32).png().toBuffer()),
      record("bright.png", sharp(png).linear(0.9, 25).png().toBuffer()),
      record("broken.png", new Uint8Array(4)),
    ];
    const reasons = await findDuplicates(records);
    expect(reasons).toEqual([
      undefined,
      undefined,
      'like "circle.png"',
      'like "circle.png"',
      'like "circle.png"',
      expect.stringMatching(/^Cannot decode the picture/),
    ]);
    // Pixels alone do not see through the brightness.
    expect((await findDuplicates(records, { distance: -1 }))[4]).toBeUndefined();
  });

  it("findDuplicates() does not take plain pictures for one when only their colours differ", async () => {
    const plain = (colour: string) =>
      sharp({ create: { width: 32, height: 32, channels: 3, background: colour } })
        .png()
        .toBuffer();
    const records = [record("red", plain("#f00")), record("blue", plain("#00f")), record("white", plain("#fff"))];
    expect(await findDuplicates(records)).toEqual([undefined, undefined, undefined]);
  });
});

describe("statistics()", () => {
  it("statistics() counts sizes, captions and words when some records are damaged", async () => {
    const png = drawing("#a33", circle).png().toBuffer();
    const small = drawing("#a33", circle).resize(48, 48).png().toBuffer();
    const records = [
      record("a", png, "a red fox"),
      record("b", png, "a red fox"),
      record("c", small, "狐狸 fox's den"),
      record("d", new Uint8Array()),
    ];
    const counts = await statistics("set", { records, skipped: [{ id: "e", reason: "gone" }] });
    expect(counts).toMatchObject({
      pictures: 3,
      width: { min: 48, median: 96, max: 96 },
      aspect: { min: 1, median: 1.5, max: 1.5 },
      sizes: [
        ["96×64", 2],
        ["48×48", 1],
      ],
      captions: 3,
      repeatedCaptions: 2,
      words: { min: 3, median: 3, max: 3 },
      vocabulary: 6,
      labels: [],
    });
    expect(counts.commonWords.slice(0, 3)).toEqual([
      ["a", 2],
      ["fox", 2],
      ["red", 2],
    ]);
    expect(counts.skipped.map(({ id }) => id)).toEqual(["e", "d"]);
    await expect(statistics("set", { records: [records[3]], skipped: [] })).rejects.toThrow('Cannot count "set"');
  });
});
