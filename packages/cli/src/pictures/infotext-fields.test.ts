import { describe, expect, it } from "vitest";
import { generateOptions } from "@noisette/core";
import type { PictureRecord } from "@noisette/core";
import { formatInfotext } from "@noisette/core/image/infotext";
import { infotextFields } from "./infotext-fields.ts";

const base = {
  version: "0.1.0",
  model: { name: "fox, v2", path: "", hash: "0123456789", family: "sd1" },
  device: "cpu",
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
const text = (options: object, { scheduler = {}, ...more }: { scheduler?: object; init?: string } = {}) =>
  formatInfotext({ prompt: "a", fields: infotextFields(record(options, more), scheduler as never) }).split("\n")[1];

describe("infotextFields()", () => {
  it("infotextFields() uses A1111's words when sampler and schedule are named", () => {
    expect(text({ sampler: "dpmpp_2m_sde", schedule: "karras", clipSkip: 2, rng: "philox" })).toBe(
      'Steps: 3, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 7.5, Seed: 7, Size: 64x96, Model hash: 0123456789, Model: "fox, v2", Clip skip: 2, RNG: NV, Version: noisette 0.1.0',
    );
  });

  it("infotextFields() finds the sampler of the checkpoint's scheduler when none is named", () => {
    expect(text({}, { scheduler: { _class_name: "EulerAncestralDiscreteScheduler" } })).toContain("Sampler: Euler a,");
    expect(text({}, { scheduler: { _class_name: "SomeScheduler" } })).toContain("Sampler: SomeScheduler,");
    expect(
      text({ scheduler: { _class_name: "DDIMScheduler" } }, { scheduler: { _class_name: "SomeScheduler" } }),
    ).toContain("Sampler: DDIM,");
  });

  it("infotextFields() tells the strength when it started from a picture", () => {
    expect(text({ sampler: "euler" }, { init: "image" })).toContain("Denoising strength: 0.8,");
    expect(text({ sampler: "euler" })).not.toContain("Denoising strength");
  });
});
