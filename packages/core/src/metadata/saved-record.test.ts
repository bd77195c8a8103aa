import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { generateOptions } from "../pipelines/options.ts";
import type { PictureRecord } from "../pipelines/record.ts";
import type { PictureFormatId } from "../image/picture-file.ts";
import { pictureBytes, pictureFormatIds } from "../image/picture-file.ts";
import { formatInfotext } from "../image/infotext.ts";
import { infotextFields } from "./infotext-fields.ts";
import { readHistory } from "./read-history.ts";
import { formatRecord, parseRecord } from "./saved-record.ts";

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

describe("readHistory()", () => {
  const read = async (text: Record<string, string>, format: PictureFormatId = "png") =>
    readHistory(await pictureBytes(pixel, { format, text }), "x.png");

  it.each(pictureFormatIds)("readHistory() reads the record of a %s file when it has one", async (format) => {
    const text = { parameters: "a", noisette: formatRecord(record, {}) };
    expect((await read(text, format)).record!.options).toEqual(record.options);
  });

  it.each(pictureFormatIds)("readHistory() reads A1111's text of a %s file when there is no record", async (format) => {
    const parameters = formatInfotext({ prompt: "a fox 狐", fields: infotextFields(record) });
    const { settings } = await read({ parameters }, format);
    expect(settings).toMatchObject({ software: "noisette 0.1.0", notReproduced: [], model: { hash: "0123456789" } });
    expect(settings!.options).toMatchObject({ prompt: "a fox 狐", seed: 7, steps: 3, sampler: "euler", rng: "cpu" });
  });

  it.each([
    ["has no record", {}, "it does not tell how it was made"],
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
  ])("readHistory() throws when the picture %s", async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(`x.png": ${message}`);
  });

  it("readHistory() names the file when it is no picture", () => {
    expect(() => readHistory(new TextEncoder().encode("text"), "x.txt")).toThrow(
      /^Cannot repeat "x\.txt": Cannot read /,
    );
  });

  it("readHistory() names the texts when it understands none of them", async () => {
    await expect(read({ Title: "fox" })).rejects.toThrow('x.png": nothing is understood in its texts Title (');
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
