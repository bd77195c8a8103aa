import { deflateSync } from "node:zlib";
import { zlibSync } from "fflate";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pngChunk, pngChunks, pngSignature } from "./png-chunks.ts";
import { readTextChunks, withTextChunks } from "./png-metadata.ts";

const bytes = (...parts: (string | number[] | Uint8Array)[]) =>
  Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...new TextEncoder().encode(part)] : [...part])),
  );
const header = pngChunk("IHDR", Uint8Array.of(0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0));
const pixels = pngChunk("IDAT", zlibSync(Uint8Array.of(0, 1, 2, 3)));
const end = pngChunk("IEND", new Uint8Array());
const png = (...chunks: Uint8Array[]) => bytes(pngSignature, header, ...chunks, pixels, end);
const types = (file: Uint8Array) => pngChunks(file).map(({ type }) => type);

describe("pngChunk()", () => {
  test("writes the published bytes of an empty IEND", () => {
    expect([...end]).toEqual([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
  });
});

describe("readTextChunks()", () => {
  test.each<[string, Uint8Array, Record<string, string>]>([
    ["Latin-1", pngChunk("tEXt", bytes("Title\0caf", [0xe9, 0x80])), { Title: "café\u0080" }],
    ["compressed", pngChunk("zTXt", bytes("Title\0\0", zlibSync(bytes("caf", [0xe9])))), { Title: "café" }],
    ["UTF-8", pngChunk("iTXt", bytes("Title\0\0\0fr\0Titre\0café 猫\0.")), { Title: "café 猫\0." }],
    ["compressed UTF-8", pngChunk("iTXt", bytes("Title\0\u0001\0\0\0", zlibSync(bytes("猫")))), { Title: "猫" }],
    ["nothing", pngChunk("tIME", new Uint8Array(7)), {}],
    ["a keyword of the prototype", pngChunk("tEXt", bytes("__proto__\0x")), JSON.parse('{"__proto__":"x"}')],
  ])("gives the text when it is %s", (_, chunk, texts) => {
    expect(readTextChunks(png(chunk))).toEqual(texts);
    expect(Object.keys(readTextChunks(png(chunk)))).toEqual(Object.keys(texts));
  });

  test("gives the last text of a keyword", () => {
    expect(readTextChunks(png(pngChunk("tEXt", bytes("a\0first")), pngChunk("tEXt", bytes("a\0second"))))).toEqual({
      a: "second",
    });
  });

  const damaged = png();
  damaged[pngSignature.length + 10] ^= 1;
  const huge = png();
  huge[pngSignature.length] = 0x90;
  test.each<[string, Uint8Array, string]>([
    ["it is empty", bytes(), "Cannot read PNG: it does not begin as a PNG file"],
    ["it is a JPEG", bytes([0xff, 0xd8, 0xff]), "Cannot read PNG: it does not begin as a PNG file"],
    ["a byte changed", damaged, "Cannot read PNG: chunk IHDR at byte 8 is damaged (its CRC does not fit)"],
    ["a chunk claims too much", huge, "Cannot read PNG: chunk IHDR at byte 8 claims 2415919117 bytes of a file of 69"],
    ["it is cut off", png().subarray(0, 50), "Cannot read PNG: chunk IDAT at byte 33 claims"],
    ["its end is missing", bytes(pngSignature, header), "Cannot read PNG: it ends at byte 33, before its IEND chunk"],
    [
      "it does not begin with IHDR",
      bytes(pngSignature, end),
      "Cannot read PNG: its first chunk is IEND (IHDR is wanted)",
    ],
    ["a type is no word", png(pngChunk("a b!", bytes())), "no chunk begins at byte 33"],
    [
      "a keyword has no end",
      png(pngChunk("tEXt", bytes("Title"))),
      "its tEXt chunk at byte 33 has a field without its end",
    ],
    ["its UTF-8 is wrong", png(pngChunk("iTXt", bytes("T\0\0\0\0\0", [0xff]))), "has text that is not UTF-8"],
    ["its compression is unknown", png(pngChunk("zTXt", bytes("T\0\u0001"))), "has compression method 1"],
    ["it does not unpack", png(pngChunk("zTXt", bytes("T\0\0nonsense"))), 'its text "T" does not unpack'],
    [
      "its packed text is cut off",
      png(pngChunk("zTXt", bytes("T\0\0", zlibSync(bytes("text")).subarray(0, 5)))),
      'its text "T" does not unpack',
    ],
  ])("throws when %s", (_, file, message) => {
    expect(() => readTextChunks(file)).toThrow(message);
  });

  test("throws early when texts unpack to too much, alone or together", () => {
    const bomb = pngChunk("zTXt", bytes("bomb\0\0", deflateSync(new Uint8Array(2 ** 25))));
    expect(bomb.length).toBeLessThan(100_000);
    expect(() => readTextChunks(png(bomb))).toThrow('its texts unpack to more than 16777216 bytes at "bomb"');
    const half = (name: string) => pngChunk("zTXt", bytes(`${name}\0\0`, zlibSync(new Uint8Array(600))));
    expect(() => readTextChunks(png(half("a"), half("b")), { maxUnpackedBytes: 1000 })).toThrow("more than 400 bytes");
    expect(Object.keys(readTextChunks(png(half("a"), half("b")), { maxUnpackedBytes: 1200 }))).toEqual(["a", "b"]);
  });
});

describe("withTextChunks()", () => {
  test("writes tEXt when Latin-1 can say it and iTXt when not, before the pixels", () => {
    const file = withTextChunks(png(), { parameters: "café", workflow: "猫" });
    expect(types(file)).toEqual(["IHDR", "tEXt", "iTXt", "IDAT", "IEND"]);
    expect(readTextChunks(file)).toEqual({ parameters: "café", workflow: "猫" });
    expect([...pngChunks(file)[1].data]).toEqual([...bytes("parameters\0caf", [0xe9])]);
  });

  test("replaces texts of the same keyword and keeps everything else byte for byte", () => {
    const other = pngChunk("tEXt", bytes("other\0stays"));
    const time = pngChunk("tIME", new Uint8Array(7));
    const late = pngChunk("zTXt", bytes("parameters\0\0", zlibSync(bytes("old"))));
    const file = bytes(
      pngSignature,
      header,
      other,
      pngChunk("tEXt", bytes("parameters\0old")),
      time,
      pixels,
      pixels,
      late,
      end,
      "trailer",
    );
    const text = pngChunk("tEXt", bytes("parameters\0new"));
    expect(withTextChunks(file, { parameters: "new" })).toEqual(
      bytes(pngSignature, header, other, time, text, pixels, pixels, end, "trailer"),
    );
    expect(withTextChunks(file, {})).toEqual(file);
  });

  test.each(["", " a", "a ", "a  b", "a\nb", "猫", "x".repeat(80)])("throws when the keyword is %j", (keyword) => {
    expect(() => withTextChunks(png(), { [keyword]: "text" })).toThrow(
      `Cannot write PNG text ${JSON.stringify(keyword)}`,
    );
  });
});

describe("any bytes", () => {
  const ours = /^Cannot read PNG/;
  const outcome = (file: Uint8Array) => {
    try {
      readTextChunks(file);
    } catch (error) {
      expect(error).toBeInstanceOf(Error);
      expect((error as Error).message).toMatch(ours);
      return "refused";
    }
    return "read";
  };
  const file = withTextChunks(
    png(pngChunk("zTXt", bytes("packed\0\0", zlibSync(bytes("a longer text, a longer text"))))),
    { parameters: "café", workflow: "猫".repeat(20) },
  );

  test("readTextChunks() gives texts or says why not when the bytes are arbitrary", () => {
    const tail = fc.uint8Array({ maxLength: 200 });
    fc.assert(fc.property(tail, (data) => void outcome(data)));
    fc.assert(fc.property(tail, (data) => void outcome(bytes(pngSignature, header, data))));
    fc.assert(
      fc.property(
        fc.constantFrom("tEXt", "zTXt", "iTXt"),
        tail,
        (type, data) => void outcome(png(pngChunk(type, data))),
      ),
      { numRuns: 500 },
    );
    fc.assert(fc.property(tail, (data) => void outcome(png(pngChunk("iTXt", bytes("k\0\u0001\0\0\0", data))))));
  });

  test("readTextChunks() refuses a file when it is cut anywhere or one bit is another", () => {
    for (let length = 0; length < file.length; length++) expect(outcome(file.subarray(0, length))).toBe("refused");
    fc.assert(
      fc.property(fc.nat({ max: file.length * 8 - 1 }), (bit) => {
        const flipped = file.slice();
        flipped[bit >> 3] ^= 1 << (bit & 7);
        expect(outcome(flipped)).toBe("refused");
      }),
      { numRuns: 500 },
    );
  });

  test("readTextChunks() gives back what withTextChunks() wrote", () => {
    const keyword = fc.stringMatching(/^[!-~]([ -~]{0,77}[!-~])?$/).filter((text) => !text.includes("  "));
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(fc.dictionary(keyword, text, { maxKeys: 4 }), (entries) => {
        const written = withTextChunks(file, entries);
        expect(readTextChunks(written)).toEqual({ ...readTextChunks(file), ...entries });
        expect(withTextChunks(written, entries).length).toBe(written.length);
      }),
      { numRuns: 50 },
    );
  });
});
