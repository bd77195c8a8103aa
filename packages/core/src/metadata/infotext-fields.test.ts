import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samplerTable } from "../diffusion/samplers/index.ts";
import type { SamplerId } from "../diffusion/samplers/index.ts";
import { scheduleTable } from "../diffusion/schedules/index.ts";
import { readInfotext } from "./a1111.ts";
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

  it("infotextFields() says what readInfotext() reads back, whatever the settings", () => {
    const side = fc.integer({ min: 1, max: 256 }).map((n) => 8 * n);
    const scale = fc.integer({ min: 0, max: 400 }).map((n) => n / 4);
    const options = fc.record(
      {
        schedule: fc.constantFrom(...Object.keys(scheduleTable)),
        clipSkip: fc.integer({ min: 2, max: 12 }),
        eta: fc.constantFrom(0, 0.25, 1),
        rng: fc.constantFrom("cpu", "philox"),
        noiseSeedDelta: fc.integer({ min: 1, max: 99999 }),
        emphasis: fc.constantFrom("no-norm", "comfyui", "ignore", "none"),
        padNegative: fc.constant(true),
        initialNoise: fc.constant("sgm"),
        discardPenultimate: fc.constant("on"),
        tiling: fc.constant("xy"),
        imageGuidanceScale: scale,
        alternateGuidanceBelow: scale,
        seedResizeFrom: fc.tuple(side, side),
      },
      { requiredKeys: [] },
    );
    const hires = fc.record({
      hiresScale: fc.constantFrom(1.25, 2),
      hiresUpscaler: fc.constantFrom("latent-bilinear", "latent-nearest-exact", "lanczos", "nearest"),
      hiresSteps: fc.integer({ min: 1, max: 99 }),
      hiresStrength: fc.constantFrom(0.3, 0.7),
      hiresSampler: fc.constantFrom(...Object.keys(samplerTable)),
      hiresPrompt: fc.string({ minLength: 1 }),
      hiresGuidanceScale: scale,
    });
    const variation = fc.record({ variationSeed: fc.nat(), variationStrength: fc.constantFrom(0.1, 1) });
    const more = fc.tuple(options, fc.option(hires), fc.option(variation)).map((parts) => Object.assign({}, ...parts));
    fc.assert(
      fc.property(more, fc.constantFrom(...(Object.keys(samplerTable) as SamplerId[])), (given, sampler) => {
        const made = record(given, { sampler });
        const read = readInfotext(formatInfotext({ prompt: "a fox", fields: infotextFields(made) }))!;
        expect(read.notReproduced).toEqual([]);
        expect(read.options).toEqual({
          rng: "cpu",
          ...given,
          prompt: "a fox",
          dynamicPrompts: "off",
          sampler,
          seed: 7,
          steps: 3,
          width: 64,
          height: 96,
          guidanceScale: 7.5,
        });
      }),
      { numRuns: 200 },
    );
  });
});
