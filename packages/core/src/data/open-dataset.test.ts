import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodePng } from "#platform";
import { tarBytes } from "../../../../fixtures/tar-bytes.ts";
import { openDataset } from "./open-dataset.ts";
import { expandBraces } from "./web-dataset.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "dataset-"))));
afterEach(() => rm(folder, { recursive: true }));

const picture = (level: number, width = 6, height = 4) =>
  encodePng({ width, height, channels: 3, data: new Uint8Array(width * height * 3).fill(level) });
const bytesOf = (text: string) => new TextEncoder().encode(text);

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

describe("openDataset() of a folder", () => {
  it("openDataset() reads captions and columns when there is a metadata.jsonl in a folder or below", async () => {
    await put("b.png", await picture(20));
    await put("a.png", await picture(10));
    await put("below/c.png", await picture(30));
    await put(
      "metadata.jsonl",
      '{"file_name":"a.png","text":"a fox","score":7}\n{"file_name":"b.png","caption":"b"}\n',
    );
    await put("below/metadata.jsonl", '{"file_name":"./c.png","prompt":"c","label":3}\n');
    const dataset = await openDataset(folder);
    expect(dataset.length).toBe(3);
    expect(dataset.skipped).toEqual([]);
    expect(await dataset.read(0)).toEqual({
      id: "a.png",
      image: { width: 6, height: 4, channels: 3, data: new Uint8Array(72).fill(10) },
      caption: "a fox",
      columns: { text: "a fox", score: 7 },
    });
    expect(await dataset.read(2)).toMatchObject({ id: "below/c.png", caption: "c", label: 3 });
    await expect(dataset.read(3)).rejects.toThrow(/Cannot read example 3 of .*: it has 3 \(0 … 2\)/);
  });

  it("openDataset() reads captions from .txt files when they lie beside the pictures", async () => {
    await put("1.png", await picture(1));
    await put("1.txt", " a fox \n");
    await put("2.png", await picture(2));
    await put("2.caption", "a pizza");
    await put("3.png", await picture(3));
    const dataset = await openDataset(folder);
    const captions = await Promise.all([0, 1, 2].map(async (i) => (await dataset.read(i)).caption));
    expect(captions).toEqual(["a fox", "a pizza", undefined]);
    const captioned = await openDataset(folder, { captions: "wanted" });
    expect(captioned.length).toBe(2);
    expect(captioned.skipped).toEqual([{ id: "3.png", reason: "it has no caption" }]);
  });

  it("openDataset() labels pictures by their folders when there is no metadata", async () => {
    await put("dog/1.png", await picture(1));
    await put("cat/1.png", await picture(2));
    await put("cat/.hidden.png", "none");
    const dataset = await openDataset(folder);
    expect(await dataset.read(0)).toMatchObject({ id: "cat/1.png", label: 0, columns: { class: "cat" } });
    expect(await dataset.read(1)).toMatchObject({ id: "dog/1.png", label: 1, columns: { class: "dog" } });
  });

  it("openDataset() lists what cannot be read and goes on when pictures are damaged or missing", async () => {
    const whole = await picture(5, 64, 64);
    await put("cut.png", whole.subarray(0, whole.length - 20));
    await put("empty.jpg", "");
    await put("good.png", whole);
    await put("text.png", "no picture");
    await put("metadata.jsonl", '{"file_name":"good.png","text":"x"}\n{"file_name":"gone.png","text":"y"}\n');
    const progress: number[] = [];
    const dataset = await openDataset(folder, { onProgress: ({ done, total }) => progress.push(done, total) });
    expect(dataset.length).toBe(1);
    expect(dataset.skipped.map(({ id }) => id)).toEqual(["gone.png", "cut.png", "empty.jpg", "text.png"]);
    expect(dataset.skipped[0].reason).toBe("metadata.jsonl names it, but there is no such file");
    for (const { reason } of dataset.skipped.slice(1)) expect(reason).toMatch(/^Cannot decode the picture: [^\n]+$/);
    expect(progress.slice(-2)).toEqual([4, 4]);
    // Headers do not show that the end is missing: reading does.
    const quick = await openDataset(folder, { check: "header" });
    expect(quick.length).toBe(2);
    await expect(quick.read(0)).rejects.toThrow(/Cannot read "cut.png" of .*: Cannot decode the picture/);
  });

  it("openDataset() says what is wrong when there is nothing to read", async () => {
    await expect(openDataset(join(folder, "none"))).rejects.toThrow(/Cannot open ".*none": no such file or folder/);
    await expect(openDataset(folder)).rejects.toThrow(
      /Cannot open ".*": it has no picture to read \(PNG, JPEG, WebP and the like are wanted\)/,
    );
    await put("bad.png", "x");
    await expect(openDataset(folder)).rejects.toThrow(/no picture to read \(1 skipped; "bad.png": Cannot decode/);
    await expect(openDataset(join(folder, "bad.png"))).rejects.toThrow(/it is no data set/);
    await put("metadata.jsonl", '{"text":"x"}');
    await expect(openDataset(folder)).rejects.toThrow(/record 1 has no "file_name"/);
    await put("metadata.jsonl", "{");
    await expect(openDataset(folder)).rejects.toThrow(/metadata.jsonl": line 1 is no JSON/);
  });

  it("openDataset() has another hash when an example, a caption or the order differs", async () => {
    await put("a.png", await picture(1));
    const hashes = [(await openDataset(folder)).hash, (await openDataset(folder)).hash];
    await put("a.txt", "a fox");
    hashes.push((await openDataset(folder)).hash);
    await put("b.png", await picture(1));
    hashes.push((await openDataset(folder)).hash);
    expect(hashes[0]).toMatch(/^[0-9a-f]{64}$/);
    expect(hashes[1]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(3);
  });
});

describe("openDataset() of shards", () => {
  const shard = async (first: number) =>
    tarBytes([
      { path: `${first}.png`, bytes: await picture(first) },
      { path: `${first}.txt`, bytes: bytesOf(`number ${first}\n`) },
      { path: `${first}.json`, bytes: bytesOf('{"score":0.5}') },
      { path: `${first}.cls`, bytes: bytesOf("4") },
      { path: `sub/${first + 1}.jpg.png`, bytes: await picture(first + 1) },
      { path: `sub/${first + 1}.json`, bytes: bytesOf('{"caption":"from json"}') },
    ]);

  it("openDataset() groups members into examples when given a file, a folder or a pattern", async () => {
    await put("s-00.tar", await shard(10));
    await put("s-01.tar", await shard(20));
    for (const path of [folder, join(folder, "s-{00..01}.tar")]) {
      const dataset = await openDataset(path);
      expect([dataset.length, dataset.skipped]).toEqual([4, []]);
      expect(await dataset.read(0)).toMatchObject({ caption: "number 10", label: 4, columns: { score: 0.5 } });
      expect(await dataset.read(3)).toMatchObject({ caption: "from json" });
      expect((await dataset.read(2)).image.data[0]).toBe(20);
    }
    expect((await openDataset(join(folder, "s-01.tar"))).length).toBe(2);
  });

  it("openDataset() tells what it skipped when shards are cut off, compressed or lack pictures", async () => {
    const whole = await shard(10);
    await put("a.tar", whole.subarray(0, 2600));
    await put(
      "b.tar",
      tarBytes([
        { path: "1.txt", bytes: bytesOf("alone") },
        { path: "2.png", bytes: await picture(1) },
        { path: "2.json", bytes: bytesOf("[") },
        { path: "3.png", bytes: await picture(3) },
      ]),
    );
    const dataset = await openDataset(join(folder, "{a,b,c}.tar"));
    expect(dataset.length).toBe(2);
    expect(dataset.skipped.map(({ reason }) => reason)).toEqual([
      "it has no end mark, so it may be cut off",
      "it has no picture",
      "its .json is no JSON object",
      expect.stringMatching(/^Cannot open ".*c.tar": no such file/),
    ]);
    await put("d.tar.gz", "x");
    await expect(openDataset(join(folder, "d.tar.gz"))).rejects.toThrow(/it is compressed \(a plain .tar is wanted\)/);
  });
});

describe("expandBraces()", () => {
  it.each([
    ["a.tar", ["a.tar"]],
    ["s-{008..010}.tar", ["s-008.tar", "s-009.tar", "s-010.tar"]],
    ["{a,b}{1..2}", ["a1", "a2", "b1", "b2"]],
  ])("expandBraces() makes of %s %j", (pattern, names) => expect(expandBraces(pattern)).toEqual(names));

  it("expandBraces() refuses ranges when they are empty or endless", () => {
    expect(() => expandBraces("{3..1}")).toThrow("-1 shards");
    expect(() => expandBraces("{0..99999999}")).toThrow("100000000 shards");
  });
});

describe("openDataset() of a manifest", () => {
  it("openDataset() reads pictures relative to the manifest, and members of shards, when it names them", async () => {
    await put("pictures/a.png", await picture(1));
    await put("s.tar", tarBytes([{ path: "x/b.png", bytes: await picture(2) }]));
    const lines = [
      { file_name: "../pictures/a.png", text: "a", weight: 2 },
      { file_name: "../s.tar/x/b.png", label: 1 },
      { file_name: "../s.tar/x/c.png" },
      { text: "no file" },
    ];
    await put("lists/m.jsonl", lines.map((line) => JSON.stringify(line)).join("\n"));
    const dataset = await openDataset(join(folder, "lists", "m.jsonl"));
    expect(dataset.length).toBe(2);
    expect(await dataset.read(0)).toMatchObject({ caption: "a", columns: { weight: 2 } });
    expect(await dataset.read(1)).toMatchObject({ label: 1, image: { width: 6 } });
    expect(dataset.skipped.map(({ reason }) => reason)).toEqual([
      'it has no "file_name"',
      expect.stringMatching(/s.tar" has no such member$/),
    ]);
  });
});
