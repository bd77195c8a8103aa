import fc from "fast-check";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { generateOptions } from "@noisette/core";
import type { PictureRecord } from "@noisette/core";
import { pngBytes } from "@noisette/core/image/png";
import { formatRecord, parseRecord, readRecord } from "./record.ts";

const record: PictureRecord = {
  version: "0.1.0",
  model: { name: "sd1", path: "models/sd1", hash: "0123456789", family: "sd1" },
  device: "cpu",
  sampler: "euler",
  options: {
    ...generateOptions.parse({ prompt: "a fox 狐" }),
    seed: 7,
    steps: 3,
    width: 64,
    height: 64,
    guidanceScale: 7.5,
  },
};
const pixel = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("formatRecord()", () => {
  it("formatRecord() writes what parseRecord() reads when nothing is changed", () => {
    const loading = { model: "owner/name", revision: "main" };
    expect(parseRecord(formatRecord(record, loading), "x.png")).toEqual({ ...record, loading });
  });

  it("formatRecord() gives the same text when options come in another order", () => {
    const turned = {
      ...record,
      options: Object.fromEntries(Object.entries(record.options).toReversed()),
    } as PictureRecord;
    expect(formatRecord(turned, { vae: "b", model: "a" })).toBe(formatRecord(record, { model: "a", vae: "b" }));
  });
});

describe("readRecord()", () => {
  const save = async (text: Record<string, string>) => {
    const path = join(folder, "x.png");
    await writeFile(path, await pngBytes(pixel, text));
    return path;
  };

  it("readRecord() reads the record of a picture when it has one", async () => {
    expect((await readRecord(await save({ noisette: formatRecord(record, {}) }))).options).toEqual(record.options);
  });

  it.each([
    ["has no record", {}, "it holds no record (a PNG that noisette saved is wanted)"],
    ["has a broken record", { noisette: "{" }, "its record is no JSON"],
    ["has a record of another form", { noisette: "[]" }, "its record has the wrong form"],
    [
      "has an option out of range",
      { noisette: formatRecord(record, {}).replace('"steps":3', '"steps":0') },
      "its record has options.steps",
    ],
    [
      "has an option we do not know",
      { noisette: formatRecord(record, {}).replace('"steps":3', '"steps":3,"x":1') },
      "its record has options",
    ],
  ])("readRecord() throws when the picture %s", async (_, text, message) => {
    await expect(readRecord(await save(text))).rejects.toThrow(`x.png": ${message}`);
  });

  it("readRecord() names the file when it is no picture", async () => {
    const path = join(folder, "x.txt");
    await writeFile(path, "text");
    await expect(readRecord(path)).rejects.toThrow(/^Cannot repeat ".*x\.txt": /);
  });
});

describe("parseRecord()", () => {
  it("parseRecord() gives a record or a worded Error whatever the text is", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((json) => `{"version":"1","options":${json}}`),
        ),
        (text) => {
          try {
            parseRecord(text, "x.png");
          } catch (error) {
            expect((error as Error).message).toMatch(/^Cannot repeat "x\.png": /);
          }
        },
      ),
    );
  });
});
