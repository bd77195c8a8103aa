import { lstat, mkdir, mkdtemp, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { disk } from "#platform";
import { formatTree, parseTree, placeFile, readRef, writeRef } from "./hub-cache.ts";
import { isRepositoryPath } from "./hub-reference.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const oid = "a".repeat(40);
const refused = async () => {
  throw Object.assign(new Error("EPERM"), { code: "EPERM" });
};

describe("placeFile()", () => {
  it("placeFile() makes the relative link Python makes, in the place of a dead one too", async () => {
    await mkdir(join(folder, "blobs"));
    await writeFile(join(folder, "blobs", oid), "content");
    const snapshot = `${folder}/snapshots/c`;
    await placeFile(snapshot, "unet/config.json", `${folder}/blobs/dead`, disk!);
    await placeFile(snapshot, "unet/config.json", `${folder}/blobs/${oid}`, disk!);
    expect(await readlink(`${snapshot}/unet/config.json`)).toBe(`../../../blobs/${oid}`);
    expect(await readFile(`${snapshot}/unet/config.json`, "utf8")).toBe("content");
    await placeFile(snapshot, "model_index.json", `${folder}/blobs/${oid}`, disk!);
    expect(await readlink(`${snapshot}/model_index.json`)).toBe(`../../blobs/${oid}`);
  });

  it("placeFile() makes a second name or a copy when the system refuses links", async () => {
    await mkdir(join(folder, "blobs"));
    const blob = `${folder}/blobs/${oid}`;
    await writeFile(blob, "content");
    await placeFile(`${folder}/snapshots/c`, "a", blob, { ...disk!, symbolicLink: refused });
    await placeFile(`${folder}/snapshots/c`, "b", blob, { ...disk!, symbolicLink: refused, hardLink: refused });
    const inode = (await stat(blob)).ino;
    expect((await lstat(`${folder}/snapshots/c/a`)).ino).toBe(inode);
    expect((await lstat(`${folder}/snapshots/c/b`)).ino).not.toBe(inode);
    expect(await readFile(`${folder}/snapshots/c/b`, "utf8")).toBe("content");
  });
});

describe("readRef()", () => {
  it("readRef() gives what writeRef() wrote when a name has slashes, and undefined when there is no commit", async () => {
    await writeRef(folder, "refs/pr/1", oid, disk!);
    expect(await readFile(`${folder}/refs/refs/pr/1`, "utf8")).toBe(oid); // no newline, as Python writes it
    expect(await readRef(folder, "refs/pr/1", disk!)).toBe(oid);
    await writeFile(`${folder}/refs/broken`, "half a comm");
    expect(await readRef(folder, "broken", disk!)).toBeUndefined();
    expect(await readRef(folder, "main", disk!)).toBeUndefined();
  });
});

describe("parseTree()", () => {
  it("parseTree() reads what formatTree() and Python write", () => {
    const files = {
      "z.json": { size: 3, blob_id: oid },
      "a.safetensors": { size: 9, blob_id: oid, lfs_sha256: "b".repeat(64), lfs_size: 9, xet_hash: "c".repeat(64) },
    };
    expect(parseTree(formatTree(files))).toEqual(new Map(Object.entries(files)));
    expect([...parseTree(formatTree(files))!.keys()]).toEqual(["a.safetensors", "z.json"]);
  });

  it("parseTree() leaves out paths that lead elsewhere, and refuses names of blobs that do", () => {
    const file = { size: 1, blob_id: oid };
    const paths = ["../x", "/x", "a/../x", "C:x", "a\\x", "a//x"];
    expect(parseTree(formatTree(Object.fromEntries([...paths, "ok"].map((path) => [path, file]))))).toEqual(
      new Map([["ok", file]]),
    );
    expect(parseTree(formatTree({ ok: { size: 1, blob_id: "../../x" } }))).toBeUndefined();
  });

  it("parseTree() gives safe paths or undefined when the text is arbitrary or damaged", () => {
    const text = formatTree({
      "unet/config.json": { size: 10, blob_id: oid, lfs_sha256: "b".repeat(64), lfs_size: 10 },
    });
    const flipped = fc
      .tuple(fc.nat(text.length - 1), fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 1 }))
      .map(([i, c]) => text.slice(0, i) + c + text.slice(i + 1));
    fc.assert(
      fc.property(fc.oneof(flipped, fc.json(), fc.string()), (text) => {
        for (const path of parseTree(text)?.keys() ?? []) expect(isRepositoryPath(path)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
