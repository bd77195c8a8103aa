import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readImage } from "@noisette/core/image/png";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { run as runLine } from "../../../../fixtures/command-line.ts";
import { writeStickerPackages } from "../../../../fixtures/sticker-packages.ts";

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), "data-"))));
afterEach(() => rm(folder, { recursive: true }));

/** What a command line writes, and its status. */
const run = (...words: string[]) => runLine("data", ...words);

const at = (...path: string[]) => join(folder, ...path);
async function writePicture(name: string, level: number, width = 32): Promise<void> {
  const create = { width, height: 32, channels: 3 as const, background: { r: level, g: 255 - level, b: 90 } };
  await sharp({ create }).png().toFile(at(name));
}
const lines = async (path: string) =>
  (await readFile(path, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe("noisette data", () => {
  it("data lists its tools when called alone, and the closest when there is no such tool", async () => {
    expect((await run()).out).toMatch(/^stickers {2}Make the sticker set.*\nstats .*\nsheet .*\ndedupe/s);
    expect(await run("dedup")).toMatchObject({
      status: 2,
      error: 'noisette: Cannot do "data dedup": no such tool (closest: "dedupe")\n',
    });
    expect((await run("filter", "--help")).out).toContain("--min-aesthetic X");
  });

  it("data tools work one after the other when each reads the manifest of the one before", async () => {
    await writePicture("a.png", 10);
    await writePicture("b.png", 10);
    await writePicture("c.png", 200);
    await writePicture("d.png", 120, 16);
    await writeFile(at("broken.png"), "none");
    const captions = ["a &lt;b&gt;red&lt;/b&gt; fox", "the same", "see https://example.org", "a small\tpizza"];
    const metadata = ["a", "b", "c", "d"].map((name, i) => ({
      file_name: `${name}.png`,
      text: captions[i],
      aesthetic: 4 + i,
    }));
    await writeFile(at("metadata.jsonl"), metadata.map((one) => JSON.stringify(one)).join("\n"));

    expect((await run("stats", folder)).out).toMatch(/pictures +4\n.*skipped +1\n +broken.png: Cannot decode/s);

    const deduped = await run(
      "dedupe",
      folder,
      "--out",
      at("lists", "1.jsonl"),
      "--dropped",
      at("lists", "dropped.jsonl"),
    );
    expect(deduped).toMatchObject({ status: 0 });
    expect(deduped.out).toContain("3 kept, 2 dropped");
    expect(await lines(at("lists", "dropped.jsonl"))).toEqual([
      { id: "b.png", reason: 'like "a.png"' },
      { id: "broken.png", reason: expect.stringMatching(/^Cannot decode/) },
    ]);

    const cleaned = await run("captions", at("lists", "1.jsonl"), "--out", at("2.jsonl"));
    expect(cleaned.out).toBe(
      "changed: entities 1, markup 1, spaces 2, address 1, control characters 1\n2 kept, 1 dropped\n  1  fewer than 5 characters\n",
    );
    expect(await lines(at("2.jsonl"))).toEqual([
      { file_name: "a.png", text: "a red fox", aesthetic: 4 },
      { file_name: "d.png", text: "a small pizza", aesthetic: 7 },
    ]);

    const filtered = await run(
      "filter",
      at("2.jsonl"),
      "--min-aesthetic",
      "5",
      "--where",
      "text!=x",
      "-o",
      at("3.jsonl"),
    );
    expect(filtered.out).toBe("1 kept, 1 dropped\n  1  aesthetic not >= 5\n");
    expect(await run("filter", at("2.jsonl"), "--min-width", "100", "-o", at("4.jsonl"))).toMatchObject({
      status: 1,
      error: expect.stringMatching(/Cannot write ".*4.jsonl": nothing is kept \(narrower than 100\)/),
    });

    expect((await run("sheet", at("3.jsonl"), "-o", at("sheet.png"), "--size", "64")).out).toContain("1 pictures");
    // The longer side is 64, with a gap of 4 around it and 16 for the caption.
    expect(await readImage(at("sheet.png"))).toMatchObject({ width: 40, height: 88 });
  });

  it("data filter says what is wanted when it is called wrongly", async () => {
    expect((await run("filter", folder)).error).toContain("Cannot filter: no condition is given");
    expect((await run("filter", folder, "--where", "x")).error).toContain('Cannot use the condition "x"');
    expect((await run("filter", "--min-width", "2")).error).toContain("Cannot read 0 data sets");
    expect((await run("stats", at("none"))).error).toMatch(/Cannot open ".*none": no such file or folder/);
    expect((await run("stats", folder)).error).toMatch(/it has no pictures/);
  });
});

describe("noisette data stickers", () => {
  it("data stickers makes the set without fetching when the packages are there at their versions", async () => {
    await writeStickerPackages(at("node_modules"));
    const styles = "noto,fluent-3d,fluent-mono,fxemoji";
    const made = await run("stickers", "--packages", folder, "--out", at("set"), "--styles", styles);
    expect(made).toMatchObject({ status: 0, error: "" });
    expect(made.out).toMatch(
      /11 pictures of 5 concepts in .*\ntrain 11, held-out pairs 0, held-out concepts 0\nhash [0-9a-f]{64}\n$/,
    );
    const again = await run("stickers", "--packages", folder, "--out", at("again"), "--styles", styles);
    expect(again.out.split("hash ")[1]).toBe(made.out.split("hash ")[1]);
    expect((await run("stats", at("set", "train"))).out).toContain("64×64 (11)");
  });

  it("data stickers says what failed when packages are missing and npm cannot be run", async () => {
    vi.stubEnv("PATH", "");
    try {
      const { status, error } = await run(
        "stickers",
        "--packages",
        at("cache"),
        "--out",
        at("set"),
        "--styles",
        "noto",
      );
      expect(status).toBe(1);
      expect(error).toMatch(
        /^fetching 3 packages into .*cache\nnoisette: Cannot fetch packages: npm spawn npm ENOENT\n$/,
      );
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it("data stickers names the closest style when there is none of that name", async () => {
    expect(await run("stickers", "--styles", "fluent3d")).toMatchObject({
      status: 2,
      error: 'noisette: Cannot make stickers: no style is named "fluent3d" (closest: "fluent-3d")\n',
    });
  });
});
