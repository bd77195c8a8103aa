import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ByteSource } from "../platform/bytes.ts";
import { indexTar } from "./tar.ts";
import { tarBytes, tarChecksum } from "../../../../fixtures/tar-bytes.ts";

const source = (bytes: Uint8Array): ByteSource => ({
  name: "x.tar",
  size: bytes.length,
  async read(offset, length) {
    if (offset < 0 || offset + length > bytes.length) throw new RangeError("outside");
    return bytes.slice(offset, offset + length);
  },
  close: async () => {},
});
const bytesOf = (text: string) => new TextEncoder().encode(text);
const long = `${"folder/".repeat(30)}name.png`;

describe("indexTar()", () => {
  it("indexTar() finds every member and its bytes when names are short, long or of GNU's kind", async () => {
    const archive = tarBytes([
      { path: "a.txt", bytes: bytesOf("alpha") },
      { path: "empty", bytes: new Uint8Array() },
      { path: long, bytes: bytesOf("pax"), longName: "pax" },
      { path: `${long}2`, bytes: bytesOf("gnu"), longName: "gnu" },
      { path: "./b.txt", bytes: new Uint8Array(512).fill(7) },
    ]);
    const { members, problem } = await indexTar(source(archive));
    expect(problem).toBeUndefined();
    expect(members.map(({ path }) => path)).toEqual(["a.txt", "empty", long, `${long}2`, "b.txt"]);
    const text = members.map(({ offset, size }) => new TextDecoder().decode(archive.slice(offset, offset + size)));
    expect(text.slice(0, 4)).toEqual(["alpha", "", "pax", "gnu"]);
    expect(members[4].size).toBe(512);
  });

  it("indexTar() leaves out folders and links, and reads the prefix of a ustar name", async () => {
    const archive = tarBytes([
      { path: "folder/", bytes: new Uint8Array(), type: "5" },
      { path: "link", bytes: new Uint8Array(), type: "2" },
      { path: "name.png", prefix: "some/where", bytes: bytesOf("x") },
    ]);
    expect((await indexTar(source(archive))).members.map(({ path }) => path)).toEqual(["some/where/name.png"]);
  });

  it("indexTar() keeps what precedes the damage when the file is cut off or garbled", async () => {
    const archive = tarBytes([
      { path: "a", bytes: new Uint8Array(600) },
      { path: "b", bytes: new Uint8Array(600) },
    ]);
    expect(await indexTar(source(archive.slice(0, 512 + 1024 + 512 + 100)))).toMatchObject({
      members: [{ path: "a" }],
      problem: "it ends inside the member at byte 1536",
    });
    expect((await indexTar(source(archive.slice(0, 1600)))).problem).toBe("it ends inside a header, at byte 1600");
    archive[1536] ^= 1;
    expect(await indexTar(source(archive))).toMatchObject({
      members: [{ path: "a" }],
      problem: "there is no tar header at byte 1536",
    });
  });

  it("indexTar() gives ranges within the file and no error when the bytes are arbitrary", async () => {
    const damaged = fc.tuple(fc.uint8Array({ maxLength: 2000 }), fc.nat(3000), fc.nat(255));
    const whole = tarBytes([
      { path: long, bytes: bytesOf("pax"), longName: "pax" },
      { path: "a", bytes: new Uint8Array(600) },
    ]);
    await fc.assert(
      fc.asyncProperty(damaged, async ([tail, at, value]) => {
        const bytes = new Uint8Array([...whole, ...tail]);
        bytes[at % bytes.length] = value;
        // A repaired checksum lets wrong fields through.
        for (const start of [0, 1024]) bytes.set(tarChecksum(bytes.subarray(start, start + 512)), start + 148);
        for (const { offset, size } of (await indexTar(source(bytes))).members) {
          expect(offset >= 0 && size >= 0 && offset + size <= bytes.length).toBe(true);
        }
      }),
    );
  });
});
