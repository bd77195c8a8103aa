import { describe, expect, it } from "vitest";
import { formatInfotext } from "../image/infotext.ts";
import { generateOptions } from "../pipelines/options.ts";
import type { PictureRecord } from "../pipelines/record.ts";
import { infotextFields } from "./infotext-fields.ts";

const base = {
  version: "0.1.0",
  model: { name: "fox, v2", path: "", hash: "0123456789", family: "sd1" },
  device: "cpu",
  sampler: "euler",
};
const record = (options: object, more: object = {}): PictureRecord =>
  ({
    ...base,
    ...more,
    options: {
      ...generateOptions.parse({ prompt: "a", ...options }),
      seed: 7,
      steps: 3,
      width: 64,
      height: 96,
      guidanceScale: 7.5,
    },
  }) as PictureRecord;
const text = (options: object, more: Partial<PictureRecord> = {}) =>
  formatInfotext({ prompt: "a", fields: infotextFields(record(options, more)) }).split("\n")[1];

describe("infotextFields()", () => {
  it("infotextFields() uses A1111's words when sampler and schedule are named", () => {
    expect(text({ schedule: "karras", clipSkip: 2, rng: "philox" }, { sampler: "dpmpp_2m_sde" })).toBe(
      'Steps: 3, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 7.5, Seed: 7, Size: 64x96, Model hash: 0123456789, Model: "fox, v2", Clip skip: 2, RNG: NV, Version: noisette 0.1.0',
    );
  });

  it("infotextFields() names the network that enlarged the picture in the end as A1111's extras do", () => {
    expect(text({}, { enlarged: { name: "x4", scale: 4 } })).toContain(
      "Postprocess upscale by: 4, Postprocess upscaler: x4,",
    );
  });

  it("infotextFields() uses our id when A1111 has no name for the sampler", () => {
    expect(text({}, { sampler: "euler_ancestral" })).toContain("Sampler: Euler a,");
    expect(text({}, { sampler: "dpmpp_3m" })).toContain("Sampler: dpmpp_3m,");
  });

  it("infotextFields() tells the strength when it started from a picture", () => {
    expect(text({ sampler: "euler" }, { init: "image" })).toContain("Denoising strength: 0.8,");
    expect(text({ sampler: "euler" })).not.toContain("Denoising strength");
  });
});
