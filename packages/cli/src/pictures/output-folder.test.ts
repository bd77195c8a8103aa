import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openOutputFolder, saveNew } from "./output-folder.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("openOutputFolder()", () => {
  it("openOutputFolder() makes the folder and leaves it empty when there is none", async () => {
    expect(await openOutputFolder(join(folder, "a/b"), 1)).toEqual({
      folder: join(folder, "a/b"),
      name: undefined,
      format: "png",
      extension: "png",
    });
    expect(await readdir(join(folder, "a/b"))).toEqual([]);
  });

  it("openOutputFolder() takes a name ending in .png for the picture's", async () => {
    expect(await openOutputFolder(join(folder, "fox.one.PNG"), 1)).toMatchObject({ folder, name: "fox.one" });
    expect(await openOutputFolder("fox.png", 1)).toMatchObject({ folder: ".", name: "fox", format: "png" });
  });

  it("openOutputFolder() takes the format from the name's ending, or the one that is asked for", async () => {
    const jpeg = { name: "fox", format: "jpeg", extension: "jpeg" };
    expect(await openOutputFolder(join(folder, "fox.jpeg"), 1)).toMatchObject(jpeg);
    expect(await openOutputFolder(join(folder, "fox.jpeg"), 1, "jpeg")).toMatchObject(jpeg);
    expect(await openOutputFolder(folder, 2, "jpeg")).toMatchObject({ name: undefined, extension: "jpg" });
    await expect(openOutputFolder(join(folder, "fox.jpg"), 1, "webp")).rejects.toThrow(
      "as webp: its name says jpeg (one of them is wanted)",
    );
  });

  it("openOutputFolder() throws when one name is given for several pictures, and makes nothing", async () => {
    await expect(openOutputFolder(join(folder, "new/fox.png"), 2)).rejects.toThrow("it names one (a folder is wanted)");
    expect(await readdir(folder)).toEqual([]);
  });

  it("openOutputFolder() throws when nothing can be written there", async () => {
    await writeFile(join(folder, "file"), "");
    await expect(openOutputFolder(join(folder, "file"), 1)).rejects.toThrow(
      /^Cannot save pictures in ".*file": .*\(a folder that can be written is wanted\)$/,
    );
    await expect(openOutputFolder(join(folder, "file/below"), 1)).rejects.toThrow("Cannot save pictures in");
  });
});

describe("saveNew()", () => {
  it("saveNew() numbers the name when it is taken, and replaces nothing", async () => {
    const save = (text: string) => saveNew({ folder, name: "42", extension: "png" }, (path) => writeFile(path, text));
    const paths = [await save("a"), await save("b"), await save("c")];
    expect(paths).toEqual(["42.png", "42-2.png", "42-3.png"].map((name) => join(folder, name)));
    expect(await Promise.all(paths.map((path) => readFile(path, "utf8")))).toEqual(["a", "b", "c"]);
    expect((await readdir(folder)).sort()).toEqual(["42-2.png", "42-3.png", "42.png"]);
  });

  it("saveNew() keeps all files when many save at once", async () => {
    const saves = Array.from({ length: 20 }, (_, i) =>
      saveNew({ folder, name: "x", extension: "png" }, (path) => writeFile(path, String(i))),
    );
    expect(new Set(await Promise.all(saves)).size).toBe(20);
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
    expect(new Set(texts).size).toBe(20);
  });

  it("saveNew() leaves nothing when writing fails half-way", async () => {
    const full = async (path: string) => {
      await writeFile(path, "half");
      throw new Error("the disk is full");
    };
    await expect(saveNew({ folder, name: "x", extension: "png" }, full)).rejects.toThrow("the disk is full");
    expect(await readdir(folder)).toEqual([]);
  });
});
