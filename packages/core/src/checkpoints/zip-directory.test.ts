import { zipSync } from "fflate";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { openBlob } from "../platform/web.ts";
import { locateMember, readZipDirectory } from "./zip-directory.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const source = (bytes: Bytes) => openBlob("x.ckpt", new Blob([bytes]));
const directory = (bytes: Bytes) => readZipDirectory(source(bytes));
const content = {
  "a/data.pkl": Uint8Array.of(1, 2, 3),
  "a/data/0": new Uint8Array(40).fill(7),
  "a/empty": new Uint8Array(0),
};
const stored = (comment = ""): Bytes => zipSync(content, { level: 0, comment }) as Bytes;

/** The same archive with its sizes, offsets and end record in 64-bit form, and padding in the local headers as torch writes. */
function zip64(): Bytes {
  const parts: number[] = [];
  const little = (value: number, bytes: number) => {
    for (let i = 0; i < bytes; i++) parts.push(Math.floor(value / 256 ** i) % 256);
  };
  const text = (value: string) => parts.push(...Array.from(value, (character) => character.charCodeAt(0)));
  const entries = Object.entries(content).map(([name, data]) => {
    const offset = parts.length;
    little(0x04034b50, 4);
    little(0, 22);
    little(name.length, 2);
    little(5, 2);
    text(name);
    little(0, 5);
    parts.push(...data);
    return { name, offset, size: data.length };
  });
  const start = parts.length;
  for (const { name, offset, size } of entries) {
    little(0x02014b50, 4);
    little(0, 16);
    little(0xffffffff, 4);
    little(0xffffffff, 4);
    little(name.length, 2);
    little(4 + 2 + 4 + 24, 2);
    little(0, 10);
    little(0xffffffff, 4);
    text(name);
    little(0x4246, 2); // another extra field first
    little(2, 2);
    little(0, 2);
    little(1, 2);
    little(24, 2);
    for (const value of [size, size, offset]) little(value, 8);
  }
  const end = parts.length;
  little(0x06064b50, 4);
  little(44, 8);
  little(0, 12);
  for (const value of [3, 3, end - start, start]) little(value, 8);
  little(0x07064b50, 4);
  little(0, 4);
  little(end, 8);
  little(1, 4);
  little(0x06054b50, 4);
  little(0, 4);
  for (const value of [0xffff, 0xffff]) little(value, 2);
  for (const value of [0xffffffff, 0xffffffff]) little(value, 4);
  little(0, 2);
  return Uint8Array.from(parts);
}

describe("readZipDirectory()", () => {
  it.each([
    ["plain", stored()],
    ["with a comment", stored("PK\x05\x06 a comment")],
    ["zip64", zip64()],
  ])("readZipDirectory() and locateMember() find every member when the archive is %s", async (_, bytes) => {
    const members = await directory(bytes);
    expect([...members.keys()]).toEqual(Object.keys(content));
    for (const [name, data] of Object.entries(content)) {
      const { offset, byteLength } = await locateMember(source(bytes), members.get(name)!);
      expect(bytes.slice(offset, offset + byteLength)).toEqual(data);
    }
  });

  /** A copy with `value` (4 bytes little-endian, or `width`) at `at` counted from the start of the central directory. */
  const changed = (bytes: Bytes, at: number, value: number, width = 4): Bytes => {
    const copy = bytes.slice();
    const view = new DataView(copy.buffer);
    const start = view.getUint32(copy.length - 6, true);
    for (let i = 0; i < width; i++) copy[start + at + i] = (value >>> (8 * i)) & 255;
    return copy;
  };
  const second = 46 + "a/data.pkl".length;

  it.each<[string, Bytes, string]>([
    ["it is cut off", stored().subarray(0, 120), "its zip directory is missing (the file may be cut off)"],
    ["it is empty", new Uint8Array(0), "its zip directory is missing"],
    [
      "a size is beyond the file",
      changed(changed(stored(), second + 20, 1e9), second + 24, 1e9),
      'zip member "a/data/0" lies outside the file',
    ],
    ["two sizes differ", changed(stored(), second + 24, 39), 'zip member "a/data/0" has two sizes, 39 and 40'],
    ["members overlap", changed(stored(), second + 42, 0), "overlaps the next"],
    ["a member is encrypted", changed(stored(), second + 8, 1, 2), 'zip member "a/data/0" is encrypted'],
    ["an entry has no signature", changed(stored(), second, 0), "its zip directory is broken at byte 56"],
    ["a name runs out", changed(stored(), second + 28, 60000, 2), "its zip directory is broken at byte 56"],
    ["a 64-bit size is missing", changed(stored(), second + 24, -1), 'zip member "a/data/0" has two sizes, NaN and 40'],
  ])("readZipDirectory() refuses an archive when %s", async (_, bytes, problem) => {
    await expect(directory(bytes as Bytes)).rejects.toThrow(`Cannot read "x.ckpt": `);
    await expect(directory(bytes as Bytes)).rejects.toThrow(problem);
  });

  it("locateMember() refuses a member when it is compressed or not where the directory says", async () => {
    const deflated = zipSync({ "a/data.pkl": new Uint8Array(1000) }, { level: 9 }) as Bytes;
    const member = (await directory(deflated)).get("a/data.pkl")!;
    await expect(locateMember(source(deflated), member)).rejects.toThrow('zip member "a/data.pkl" is compressed');
    const moved = stored();
    moved[0] = 0;
    await expect(locateMember(source(moved), (await directory(moved)).get("a/data.pkl")!)).rejects.toThrow(
      "is not where the directory says",
    );
    const long = stored();
    long[28] = 200; // its local extra field reaches into the next member
    await expect(locateMember(source(long), (await directory(long)).get("a/data.pkl")!)).rejects.toThrow(
      "is not where the directory says",
    );
  });

  it("readZipDirectory() gives ranges inside the file or says what is wrong when bytes are cut or changed", async () => {
    const damaged = fc.constantFrom(stored(), zip64()).chain((bytes) =>
      fc.oneof(
        fc.nat(bytes.length).map((length) => bytes.slice(0, length)),
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }).map((changes) => {
          const copy = bytes.slice();
          for (const [at, byte] of changes) copy[at] = byte;
          return copy;
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(damaged, async (bytes) => {
        try {
          for (const member of (await directory(bytes)).values()) {
            const { offset, byteLength } = await locateMember(source(bytes), member);
            expect(offset + byteLength).toBeLessThanOrEqual(bytes.length);
          }
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot read "x\.ckpt": /);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
