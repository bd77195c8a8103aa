import ExifReader from "exifreader";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { decodeImage } from "#platform";
import { avifWithExif } from "./avif-exif.ts";
import { jpegWithExif, webpWithExif } from "./embed-exif.ts";
import { decodeUserComment, exifOf } from "./exif.ts";
import { formatOfPath, pictureBytes, pictureFormatIds, readPictureText } from "./picture-file.ts";
import type { PictureFormatId } from "./picture-file.ts";

const image = {
  width: 24,
  height: 17,
  channels: 3,
  data: Uint8Array.from({ length: 24 * 17 * 3 }, (_, i) => 100 + (i % 50)),
} as const;
const text = { parameters: "a fox 狐 🦊\nSteps: 3, Seed: 1, Size: 8x8", noisette: '{"é":1}' };
const bytes = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : part)));

describe.each(pictureFormatIds)("pictureBytes() to %s", (format) => {
  it("pictureBytes() writes a file that decodes to the picture, and readPictureText() reads its texts", async () => {
    const file = await pictureBytes(image, { format, text });
    expect(readPictureText(file)).toEqual(text);
    const decoded = await decodeImage(file);
    expect([decoded.width, decoded.height]).toEqual([24, 17]);
    const worst = Math.max(...decoded.data.map((value, i) => Math.abs(value - image.data[i])));
    expect(worst).toBeLessThan(format === "png" ? 1 : 60);
    expect((await sharp(file).metadata()).format).toBe(format === "avif" ? "heif" : format);
  });

  it("readPictureText() has no texts when none were written", async () => {
    expect(readPictureText(await pictureBytes(image, { format }))).toEqual({});
  });
});

describe("pictureBytes()", () => {
  it.each(["webp", "avif"] as const)("pictureBytes() loses nothing in %s when the quality is 100", async (format) => {
    const decoded = await decodeImage(await pictureBytes(image, { format, quality: 100, text }));
    expect(decoded.data).toEqual(image.data);
  });

  it("pictureBytes() keeps alpha beside the texts in WebP", async () => {
    const data = Uint8Array.from({ length: 4 * 4 * 4 }, (_, i) => (i % 4 === 3 ? 16 * (i >> 2) : 99));
    for (const quality of [100, 90]) {
      const file = await pictureBytes({ width: 4, height: 4, channels: 4, data }, { format: "webp", quality, text });
      expect((await decodeImage(file)).channels).toBe(4);
      expect(readPictureText(file)).toEqual(text);
    }
  });

  it("pictureBytes() writes the user comment as piexif does, which A1111 and Civitai read", async () => {
    const comment = ExifReader.load((await pictureBytes(image, { format: "jpeg", text })).slice().buffer, {
      expanded: true,
    });
    const value = Uint8Array.from((comment.exif!.UserComment as unknown as { value: number[] }).value);
    expect(new TextDecoder().decode(value.subarray(0, 8))).toBe("UNICODE\0");
    expect(new TextDecoder("utf-16be").decode(value.subarray(8))).toBe(text.parameters);
  });

  it("pictureBytes() throws when PNG is to have a quality, or JPEG more text than a segment holds", async () => {
    await expect(pictureBytes(image, { quality: 5 })).rejects.toThrow(
      "Cannot write PNG with quality 5: PNG loses nothing (no quality is wanted)",
    );
    const long = { parameters: "x".repeat(40_000) };
    await expect(pictureBytes(image, { format: "jpeg", text: long })).rejects.toThrow("at most 65527; PNG, WebP");
    for (const format of ["webp", "avif", "png"] as const)
      expect(readPictureText(await pictureBytes(image, { format, text: long }))).toEqual(long);
  });
});

describe("formatOfPath()", () => {
  it.each([
    ["a/b.JPG", "jpeg"],
    ["b.jpeg", "jpeg"],
    ["c.x.webp", "webp"],
    ["png", undefined],
    ["a.png/b", undefined],
    ["a.gif", undefined],
  ])("formatOfPath() of %s is %s", (path, format) => {
    expect(formatOfPath(path)).toBe(format);
  });
});

describe("decodeUserComment()", () => {
  const utf16 = (value: string, little: boolean) =>
    [...value].flatMap((_, i) => {
      const unit = [value.charCodeAt(i) >> 8, value.charCodeAt(i) & 255];
      return little ? unit.toReversed() : unit;
    });
  it.each([
    ["UTF-16, big end first", bytes("UNICODE\0", utf16("fox: ü", false)), "fox: ü"],
    ["UTF-16, little end first", bytes("UNICODE\0", utf16("fox: ü", true)), "fox: ü"],
    ["UTF-16 with a mark", bytes("UNICODE\0", [0xff, 0xfe], utf16("狐", true)), "狐"],
    ["UTF-16 of Chinese alone", bytes("UNICODE\0", utf16("狐狸", false)), "狐狸"],
    ["UTF-16 under no name", bytes("\0\0\0\0\0\0\0\0", utf16("fox, fox", true)), "fox, fox"],
    ["ASCII that is UTF-8", bytes("ASCII\0\0\0fox: ü\0\0"), "fox: ü"],
    ["text without a name", bytes('{"a":1}'), '{"a":1}'],
    ["nothing", bytes(), ""],
    ["a name alone", bytes("UNICODE\0"), ""],
  ])("decodeUserComment() reads %s", (_, value, read) => {
    expect(decodeUserComment(value)).toBe(read);
  });
});

/** A TIFF header with one directory: entries of ASCII text, or of bytes. */
function tiff(entries: readonly (readonly [tag: number, type: 2 | 7, value: Uint8Array])[]): Uint8Array {
  let end = 8 + 2 + 12 * entries.length + 4;
  const out = new Uint8Array(entries.reduce((sum, [, , { length }]) => sum + length, end));
  const view = new DataView(out.buffer);
  out.set([0x49, 0x49, 42, 0, 8]);
  view.setUint16(8, entries.length, true);
  for (const [i, [tag, type, value]] of entries.entries()) {
    const at = 10 + 12 * i;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, value.length, true);
    view.setUint32(at + 8, end, true);
    out.set(value, end);
    end += value.length;
  }
  return out;
}

const plain = await pictureBytes(image, { format: "webp" });
const files = await Promise.all(
  pictureFormatIds.map(async (format) => [format, await pictureBytes(image, { format, text })] as const),
);

describe("readPictureText()", () => {
  it("readPictureText() reads ComfyUI's texts when they stand in a WebP's Make and Model", () => {
    const exif = tiff([
      [0x010f, 2, bytes('workflow:{"nodes":[]}\0')],
      [0x0110, 2, bytes('prompt:{"1":{"é":": "}}\0')],
    ]);
    expect(readPictureText(webpWithExif(plain, exif))).toEqual({
      workflow: '{"nodes":[]}',
      prompt: '{"1":{"é":": "}}',
    });
  });

  it("readPictureText() reads Fooocus's scheme when its comment stands in the first directory", () => {
    const exif = tiff([
      [0x0131, 2, bytes("Fooocus v2.5\0")],
      [0x927c, 2, bytes("fooocus\0")],
      [0x9286, 7, bytes('{"prompt":"ü"}')],
    ]);
    expect(readPictureText(webpWithExif(plain, exif))).toEqual({
      parameters: '{"prompt":"ü"}',
      fooocus_scheme: "fooocus",
    });
  });

  it("readPictureText() throws when the bytes are no picture", () => {
    for (const file of [bytes(), bytes("text"), bytes("GIF89a")].slice(0, 2))
      expect(() => readPictureText(file)).toThrow("(a PNG, JPEG, WebP or AVIF file is wanted)");
  });

  it.each(files)("readPictureText() of %s gives texts or says why not when bytes are missing or others", (_, file) => {
    const outcome = (damaged: Uint8Array) => {
      try {
        for (const value of Object.values(readPictureText(damaged))) expect(typeof value).toBe("string");
      } catch (error) {
        expect((error as Error).message).toMatch(/^Cannot read /);
      }
    };
    const changes = fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(changes, fc.nat(file.length), (changed, length) => {
        const damaged = file.slice();
        for (const [at, value] of changed) damaged[at] = value;
        outcome(damaged);
        outcome(file.slice(0, length));
      }),
      { numRuns: 150 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) =>
        outcome(Uint8Array.from([...file.subarray(0, 40), ...tail])),
      ),
    );
  });

  it("readPictureText() gives back what pictureBytes() wrote", async () => {
    const value = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    await fc.assert(
      fc.asyncProperty(
        value,
        value,
        fc.constantFrom<PictureFormatId>("jpeg", "webp"),
        async (parameters, json, format) => {
          // Ends of zeros are padding, and marks of the byte order at the beginning are no text.
          fc.pre(parameters !== "" && !/\0$|^[\ufeff\ufffe]/.test(parameters));
          const own = { parameters: `${parameters}, Steps: 1`, noisette: json };
          expect(readPictureText(await pictureBytes(image, { format, text: own }))).toEqual(own);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe("embedding EXIF data", () => {
  it.each([
    ["jpegWithExif()", jpegWithExif],
    ["webpWithExif()", webpWithExif],
    ["avifWithExif()", avifWithExif],
  ])("%s throws an Error when the bytes are no such file", (_, withExif) => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (file) => {
        fc.pre(file[0] !== 0xff);
        expect(() => withExif(file, exifOf(text))).toThrow(/^Cannot write EXIF: /);
      }),
    );
  });
});
