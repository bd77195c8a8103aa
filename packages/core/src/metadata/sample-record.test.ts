import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatInfotext, parseInfotext } from "../image/infotext.ts";
import { parseSampleOptions } from "../pipelines/sample-options.ts";
import type { SampleRecord } from "../pipelines/textless-events.ts";
import { formatSampleRecord, parseSampleRecord, sampleFields } from "./sample-record.ts";
import { parseRecord } from "./saved-record.ts";

const options = { ...parseSampleOptions({ classes: [3, 7], count: 2, guidanceScale: 2, sampler: "ddim" }), steps: 20 };
const record: SampleRecord = {
  version: "0.1.0",
  model: { name: "clothes", path: "models/clothes", hash: "0123456789" },
  device: "cpu",
  sampler: "ddim",
  options: { ...options, seed: 5 },
  batch: { index: 2, size: 4 },
  width: 28,
  height: 28,
};
const loading = { model: "models/clothes", variant: "fp16" };

it("formatSampleRecord() writes what parseSampleRecord() reads when nothing is changed", () => {
  expect(parseSampleRecord(formatSampleRecord(record, loading), "x.png")).toEqual({
    command: "sample",
    ...record,
    loading,
  });
});

it("parseRecord() and parseSampleRecord() name each other when they are given the other's record", () => {
  expect(() => parseRecord(formatSampleRecord(record, loading), "x.png")).toThrow(
    'Cannot repeat "x.png": it was made without text (noisette sample --from is wanted)',
  );
  expect(() => parseSampleRecord('{"version":"0.1.0","options":{"prompt":"a fox"}}', "x.png")).toThrow(
    'Cannot repeat "x.png": it was made from text (noisette generate --from is wanted)',
  );
});

describe("parseSampleRecord()", () => {
  it("parseSampleRecord() gives a record or a worded Error whatever the text is", () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"command":"sample","options":${json}}`),
    );
    fc.assert(
      fc.property(text, (written) => {
        try {
          parseSampleRecord(written, "x.png");
        } catch (error) {
          expect((error as Error).message).toMatch(/^Cannot repeat "x\.png": /);
        }
      }),
    );
  });
});

it("sampleFields() says in A1111's words what the picture of a batch is", () => {
  const { fields } = parseInfotext(formatInfotext({ prompt: "", fields: sampleFields(record) }));
  expect(fields).toMatchObject({
    Steps: "20",
    Sampler: "DDIM",
    Seed: "5",
    Size: "28x28",
    "CFG scale": "2",
    Class: "7",
  });
});
