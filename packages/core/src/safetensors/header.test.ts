import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readHeader } from "./header.ts";
import { openBlob } from "../platform/web.ts";

/** A safetensors file with this header text (or object) and `dataBytes` bytes of data. */
function file(header: unknown, dataBytes = 0): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

function withLength(length: bigint, size: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
}

const read = (bytes: Uint8Array) => readHeader(openBlob("a.safetensors", new Blob([bytes as Uint8Array<ArrayBuffer>])));
const f32 = (begin: unknown, end: unknown, shape: unknown = [2]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("readHeader()", () => {
  it("readHeader() gives absolute ranges and metadata when the file is well formed", async () => {
    const header = {
      __metadata__: { format: "pt" },
      b: f32(2, 10),
      a: { dtype: "F16", shape: [], data_offsets: [0, 2] },
    };
    const bytes = file(header, 10);
    const start = bytes.length - 10;
    const { tensors, metadata } = await read(bytes);
    expect(metadata).toEqual({ format: "pt" });
    expect([...tensors.values()]).toEqual([
      { name: "b", type: "F32", dims: [2], file: "a.safetensors", offset: start + 2, byteLength: 8 },
      { name: "a", type: "F16", dims: [], file: "a.safetensors", offset: start, byteLength: 2 },
    ]);
  });

  it("readHeader() accepts empty tensors, trailing spaces and no tensors", async () => {
    expect((await read(file("{}      "))).tensors.size).toBe(0);
    const { tensors } = await read(file({ x: f32(0, 8), empty: f32(8, 8, [0, 3]), none: f32(0, 0, [0]) }, 8));
    expect(tensors.get("empty")?.byteLength).toBe(0);
    expect((await read(file('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1))).tensors.size).toBe(1);
  });

  it.each<[string, Uint8Array, string]>([
    ["it is shorter than the length", new Uint8Array(7), "it has 7 bytes (a header length of 8 bytes is wanted)"],
    ["the header is empty", withLength(0n, 20), "its header is empty (a JSON object is wanted)"],
    ["the header is too long", withLength(13n, 20), "its header claims 13 bytes (at most 12 are there)"],
    [
      "the length is 2⁶⁴-1",
      withLength(2n ** 64n - 1n, 20),
      "its header claims 18446744073709551615 bytes (at most 12 are there)",
    ],
    ["the header is not UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff), "its header is not UTF-8"],
    ["the header is no object", file("[1]"), 'its header is not a JSON object ("{" is wanted first)'],
    ["the header starts with space", file(" {}"), 'its header is not a JSON object ("{" is wanted first)'],
    ["the header is not JSON", file("{,}"), "its header is not JSON"],
    ["there is text after the object", file("{}x"), "its header is not JSON"],
    [
      "a name comes twice",
      file(`{"a":${JSON.stringify(f32(0, 8))},"a":${JSON.stringify(f32(0, 8))}}`, 8),
      'its header has the key "a" twice',
    ],
    [
      "a dtype comes twice",
      file('{"a":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}}', 4),
      'its header has the key "dtype" twice',
    ],
    ["metadata is a list", file({ __metadata__: [] }), '"__metadata__" is not an object (strings by name are wanted)'],
    ["metadata holds a number", file({ __metadata__: { a: 1 } }), 'metadata "a" is number (a string is wanted)'],
    [
      "an entry is null",
      file({ a: null }),
      'tensor "a" is not described by an object (dtype, shape and data_offsets are wanted)',
    ],
    [
      "the dtype is unknown",
      file({ a: { ...f32(0, 8), dtype: "F33" } }, 8),
      'tensor "a" has the element type "F33" (F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL are known)',
    ],
    [
      "the dtype is toString",
      file({ a: { ...f32(0, 8), dtype: "toString" } }, 8),
      'tensor "a" has the element type "toString"',
    ],
    [
      "the dtype is a list",
      file({ a: { ...f32(0, 8), dtype: ["F32"] } }, 8),
      'tensor "a" has the element type ["F32"]',
    ],
    [
      "a size is negative",
      file({ a: f32(0, 8, [-2]) }, 8),
      'tensor "a" has a shape that is no list of sizes (integers ≥ 0)',
    ],
    [
      "a size is fractional",
      file({ a: f32(0, 8, [0.5, 4]) }, 8),
      'tensor "a" has a shape that is no list of sizes (integers ≥ 0)',
    ],
    [
      "a size is unsafe",
      file({ a: f32(0, 8, [2 ** 53]) }, 8),
      'tensor "a" has a shape that is no list of sizes (integers ≥ 0)',
    ],
    [
      "the shape is a string",
      file({ a: f32(0, 8, "2") }, 8),
      'tensor "a" has a shape that is no list of sizes (integers ≥ 0)',
    ],
    [
      "an offset is fractional",
      file({ a: f32(0, 8.5) }, 9),
      'tensor "a" has data_offsets that are not two integers ≥ 0',
    ],
    [
      "an offset is missing",
      file({ a: { ...f32(0, 8), data_offsets: [0] } }, 8),
      'tensor "a" has data_offsets that are not two integers ≥ 0',
    ],
    ["an offset is negative", file({ a: f32(-8, 0) }, 8), 'tensor "a" has data_offsets that are not two integers ≥ 0'],
    ["it begins after its end", file({ a: f32(8, 0) }, 8), 'tensor "a" begins at 8, after its end at 0'],
    ["it ends outside", file({ a: f32(0, 8) }, 7), 'tensor "a" ends at 8, outside the file (7 bytes of data)'],
    ["the size does not fit", file({ a: f32(0, 8, [3]) }, 8), 'tensor "a" has 8 bytes (F32 [3] takes 12)'],
    ["the size overflows", file({ a: f32(0, 8, [2 ** 40, 2 ** 40]) }, 8), 'tensor "a" has 8 bytes (F32 ['],
    ["two tensors overlap", file({ a: f32(0, 8), b: f32(4, 12) }, 12), 'tensor "b" overlaps tensor "a"'],
    ["two tensors share bytes", file({ a: f32(0, 8), b: f32(0, 8) }, 8), 'tensor "b" overlaps tensor "a"'],
    [
      "there is a hole",
      file({ a: f32(0, 8), b: f32(12, 20) }, 20),
      '4 unused bytes lie between tensor "a" and tensor "b"',
    ],
    ["there is a hole before", file({ a: f32(4, 12) }, 12), '4 unused bytes lie between the header and tensor "a"'],
    ["bytes follow", file({ a: f32(0, 8) }, 9), '1 unused bytes follow tensor "a"'],
  ])("readHeader() refuses a file when %s", async (_, bytes, problem) => {
    await expect(read(bytes)).rejects.toThrow(`Cannot read "a.safetensors": ${problem}`);
  });

  it("readHeader() refuses a header when it is larger than the format allows", async () => {
    const source = { ...openBlob("a.safetensors", new Blob([withLength(100_000_001n, 8)])), size: 200_000_000 };
    await expect(readHeader(source)).rejects.toThrow("its header claims 100000001 bytes (at most 100000000)");
  });

  it("readHeader() gives ranges inside the file or says what is wrong when bytes are arbitrary, cut or flipped", async () => {
    const valid = file(
      { __metadata__: { format: "pt" }, a: f32(0, 8), b: { dtype: "I8", shape: [2, 3], data_offsets: [8, 14] } },
      14,
    );
    const flipped = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, mask]) => {
      const bytes = valid.slice();
      bytes[at] ^= mask;
      return bytes;
    });
    const cut = fc.nat(valid.length).map((length) => valid.subarray(0, length));
    const json = fc.jsonValue().map((value) => file(value, 16));
    const entries = fc
      .dictionary(
        fc.string(),
        fc.record({
          dtype: fc.constantFrom("F32", "U8", "X"),
          shape: fc.array(fc.integer({ min: -1, max: 4 }), { maxLength: 3 }),
          data_offsets: fc.array(fc.integer({ min: -1, max: 20 }), { minLength: 1, maxLength: 3 }),
        }),
      )
      .map((header) => file(header, 16));
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.uint8Array({ maxLength: 64 }), flipped, cut, json, entries), async (bytes) => {
        const result = await read(bytes).catch((error: Error) => error);
        if (result instanceof Error) expect(result.message).toMatch(/^Cannot read "a\.safetensors": /);
        else
          for (const { offset, byteLength } of result.tensors.values())
            expect(offset + byteLength).toBeLessThanOrEqual(bytes.length);
      }),
      { numRuns: 2000 },
    );
  });
});
