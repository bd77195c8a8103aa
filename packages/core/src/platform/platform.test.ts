import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import * as node from "./node.ts";
import * as web from "./web.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

describe("web.ts", () => {
  it("web.ts exports every name that node.ts exports", () => {
    expect(Object.keys(web)).toEqual(expect.arrayContaining(Object.keys(node)));
  });
});

describe("openFile()", () => {
  it("openFile() reads ranges and throws RangeError past the end when on disk or mounted", async () => {
    const path = join(folder, "a.bin");
    await writeFile(path, bytes);
    web.mountBlob("a.bin", new Blob([bytes]));
    for (const source of [await node.openFile(path), await web.openFile("a.bin")]) {
      expect(source.size).toBe(1000);
      expect(await source.read(990, 10)).toEqual(bytes.subarray(990));
      expect(await source.read(1000, 0)).toHaveLength(0);
      await expect(source.read(995, 6)).rejects.toThrow(RangeError);
      await expect(source.read(-1, 2)).rejects.toThrow(RangeError);
      await source.close();
    }
    web.mountBlob("a.bin", undefined);
  });

  it("openFile() names the path and the reason when there is no file to open", async () => {
    await expect(node.openFile(join(folder, "none"))).rejects.toThrow(/^Cannot open ".*none": no such file or folder$/);
    await expect(node.openFile(folder)).rejects.toThrow(/it is a folder \(a file is wanted\)$/);
  });

  it.each([true, false])("openFile() reads a URL when ranges served: %s", async (ranges) => {
    const server = createServer((request, response) => {
      const range = ranges ? /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") : null;
      if (request.url !== "/a.bin") response.writeHead(404).end();
      else if (!range) response.end(bytes);
      else {
        const [start, last] = [Number(range[1]), Number(range[2])];
        response.writeHead(206, { "Content-Range": `bytes ${start}-${last}/${bytes.length}` });
        response.end(bytes.subarray(start, last + 1));
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = await web.openFile(`${origin}/a.bin`);
    expect(source.size).toBe(1000);
    expect(await source.read(100, 50)).toEqual(bytes.subarray(100, 150));
    await expect(source.read(999, 2)).rejects.toThrow(RangeError);
    await expect(web.openFile(`${origin}/b.bin`)).rejects.toThrow("the server answered 404");
    await new Promise((resolve) => server.close(resolve));
  });
});

describe("writeFileAtomic()", () => {
  it("writeFileAtomic() replaces the file and leaves nothing beside it", async () => {
    const path = join(folder, "a.bin");
    await writeFile(path, "old");
    await node.writeFileAtomic(path, [bytes.subarray(0, 400), bytes.subarray(400)]);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
    expect(await readdir(folder)).toEqual(["a.bin"]);
  });

  it("writeFileAtomic() keeps the old file and removes the temporary one when a chunk cannot be made", async () => {
    const path = join(folder, "a.bin");
    await writeFile(path, "old");
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield bytes;
      throw new Error("no more");
    }
    await expect(node.writeFileAtomic(path, chunks())).rejects.toThrow("no more");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a.bin"]);
  });

  it("writeFileAtomic() names the path when its folder is missing or the target is a folder", async () => {
    await expect(node.writeFileAtomic(join(folder, "x", "a"), [])).rejects.toThrow(/^Cannot write ".*a": no such/);
    await expect(node.writeFileAtomic(folder, [bytes])).rejects.toThrow(/^Cannot write/);
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("paths", () => {
  it("joinPath() and parentFolder() undo each other on both platforms", () => {
    for (const platform of [node, web]) {
      expect(platform.joinPath("a", "b", "c.json")).toBe("a/b/c.json");
      expect(platform.parentFolder("a/b/c.json")).toBe("a/b");
      expect(platform.parentFolder("c.json")).toBe(".");
    }
  });

  it("listFolder() and pathExists() see files on disk and mounted ones", async () => {
    await writeFile(join(folder, "b"), "");
    await writeFile(join(folder, "a"), "text");
    web.mountBlob("m/a", new Blob(["text"]));
    web.mountBlob("m/b/c", new Blob([]));
    expect(await node.listFolder(folder)).toEqual(["a", "b"]);
    expect(await web.listFolder("m")).toEqual(["a", "b"]);
    expect(await node.readText(join(folder, "a"))).toBe("text");
    expect(await web.readText("m/a")).toBe("text");
    expect([await node.pathExists(join(folder, "c")), await web.pathExists("m/a")]).toEqual([false, true]);
    // Beside mounted files nothing is asked for by URL: here that would be an error.
    expect(await Promise.all(["m", "m/b", "m/b/d", "m/c/e"].map(web.pathExists))).toEqual([true, true, false, false]);
    web.mountBlob("m/a", undefined);
    web.mountBlob("m/b/c", undefined);
  });
});
