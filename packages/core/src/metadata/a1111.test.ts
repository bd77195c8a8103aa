import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseOptions } from "../pipelines/options.ts";
import { samplerTable } from "../diffusion/samplers/index.ts";
import { scheduleTable } from "../diffusion/schedules/index.ts";
import { readInfotext } from "./a1111.ts";
import { a1111Sampler, a1111Schedule } from "./names.ts";

const read = (fields: string, prompt = "a fox") => readInfotext(`${prompt}\n${fields}`)!;
const base = "Steps: 20, CFG scale: 7, Seed: 5, Size: 512x768";

describe("readInfotext()", () => {
  it("readInfotext() reads what A1111 1.10 writes", () => {
    const found = readInfotext(`portrait of a fox, <lora:more_details:0.8> snow
Negative prompt: ugly
Steps: 25, Sampler: DPM++ 2M SDE, Schedule type: Karras, CFG scale: 6.5, Seed: 965400086, Size: 512x768, Model hash: 6ce0161689, Model: v1-5-pruned-emaonly, VAE hash: 735e4c3a44, VAE: vae-ft-mse.safetensors, Denoising strength: 0.45, Clip skip: 2, ENSD: 31337, RNG: CPU, Hires upscale: 2, Hires steps: 15, Hires upscaler: Latent, Lora hashes: "more_details: 3b8aa1d351ef", Version: v1.10.1`);
    expect(found).toEqual({
      software: "AUTOMATIC1111 v1.10.1",
      options: {
        compat: "a1111",
        prompt: "portrait of a fox,  snow",
        negativePrompt: "ugly",
        steps: 25,
        sampler: "dpmpp_2m_sde",
        schedule: "karras",
        guidanceScale: 6.5,
        seed: 965400086,
        width: 512,
        height: 768,
        hiresScale: 2,
        hiresSteps: 15,
        hiresStrength: 0.45,
        hiresUpscaler: "latent-bilinear",
        clipSkip: 2,
        noiseSeedDelta: 31337,
        rng: "cpu",
      },
      model: { name: "v1-5-pruned-emaonly", hash: "6ce0161689" },
      networks: ["<lora:more_details:0.8>"],
      loraHashes: { more_details: "3b8aa1d351ef" },
      notReproduced: ["VAE: vae-ft-mse.safetensors"],
    });
    expect(() => parseOptions(found!.options)).not.toThrow();
  });

  it.each([
    ["DPM++ 2M Karras", "dpmpp_2m", "karras"],
    ["DPM++ SDE Karras", "dpmpp_sde", "karras"],
    ["DPM++ 2M SDE Heun Exponential", "dpmpp_2m_sde_heun", "exponential"],
    ["DPM2 a Karras", "dpm_2_ancestral", "karras"],
    ["DPM++ 2M SGMUniform", "dpmpp_2m", "sgm_uniform"],
    ["Euler A", "euler_ancestral", undefined],
    ["k_euler_a", "euler_ancestral", undefined],
    ["euler", "euler", undefined],
    ["DDIM CFG++", "ddim_cfg_pp", undefined],
    ["DPM++ 2M", "dpmpp_2m", "normal"],
    ["DPM++ 2M SDE", "dpmpp_2m_sde", "normal"],
  ])("readInfotext() reads the sampler %s of before 1.9", (name, sampler, schedule) => {
    const { options } = read(`${base}, Sampler: ${name}`);
    expect([options.sampler, options.schedule]).toEqual([sampler, schedule]);
  });

  it("readInfotext() leaves the schedule to the sampler when A1111 has it automatic", () => {
    for (const more of ["Schedule type: Automatic", "Version: v1.9.4", "Version: f2.0.1v1.10.1-previous-1-gabc"])
      expect(read(`${base}, Sampler: DPM++ 2M, ${more}`).options.schedule).toBeUndefined();
  });

  it.each(Object.entries(samplerTable).flatMap(([id, { names }]) => (names.a1111 ? [[names.a1111, id]] : [])))(
    "a1111Sampler() finds %s when it is written as the table has it",
    (name, id) => {
      expect(a1111Sampler(name)).toEqual({ sampler: id });
      expect(a1111Sampler(`${name} Karras`)).toEqual({ sampler: id, schedule: "karras" });
    },
  );

  it.each(Object.entries(scheduleTable).flatMap(([id, { names }]) => (names.a1111 ? [[names.a1111, id]] : [])))(
    "a1111Schedule() finds %s when it is written as the table has it",
    (name, id) => {
      expect(a1111Schedule(name)).toBe(id);
    },
  );

  it("readInfotext() tells what there is no option for, and what is out of range", () => {
    const found = read(
      `${base}, Sampler: Euler x, Schedule type: Fibonacci, Face restoration: CodeFormer, Token merging ratio: 0.3, ControlNet 0: "Module: canny, Weight: 1", Clip skip: 99, Emphasis: Other, Batch size: 4, Batch pos: 1`,
    );
    expect(found.notReproduced).toEqual([
      "Sampler: Euler x",
      "Schedule type: Fibonacci",
      "Face restoration: CodeFormer",
      "Token merging ratio: 0.3",
      "Emphasis: Other",
      "clipSkip: 99",
    ]);
    expect(found.controls).toEqual([{ annotator: "canny", weight: 1 }]);
  });

  it.each([
    ["Denoising strength: 0.5", { strength: 0.5 }, "init"],
    ["Denoising strength: 0.5, Hires resize: 1024x1536", { hiresStrength: 0.5, hiresScale: 2 }, undefined],
    [
      'Hires upscale: 1.5, Hires steps: 0, Hires sampler: DPM++ 2M Karras, Hires schedule type: Use same scheduler, Hires prompt: "a, b", Hires negative prompt: c, Hires CFG Scale: 3',
      {
        hiresScale: 1.5,

        hiresSampler: "dpmpp_2m",
        hiresSchedule: "karras",
        hiresPrompt: "a, b",
        hiresNegativePrompt: "c",
        hiresGuidanceScale: 3,
      },
      undefined,
    ],
    [
      "Variation seed: 7, Variation seed strength: 0.2, Seed resize from: 512x512",
      { variationSeed: 7, variationStrength: 0.2, seedResizeFrom: [512, 512] },
      undefined,
    ],
    ["Seed resize from: -1x-1", { seed: 5 }, undefined],
    [
      "Mask blur: 4, Inpaint area: Only masked, Masked area padding: 32, Masked content: latent noise",
      { maskBlur: 4, maskArea: "masked", maskPadding: 32, fill: "noise" },
      "mask",
    ],
    [
      "Emphasis: No norm, Pad conds: True, SGM noise multiplier: True, Discard penultimate sigma: True, Tiling: True, NGMS: 3, Skip Early CFG: 0.2, Eta: 0.5",
      {
        emphasis: "no-norm",
        padNegative: true,
        initialNoise: "sgm",
        discardPenultimate: "on",
        tiling: "xy",
        alternateGuidanceBelow: 3,
        guidanceSteps: [0.2, 1],
        eta: 0.5,
      },
      undefined,
    ],
    ["RNG: NV", { rng: "philox" }, undefined],
    ["Refiner: sd_xl_refiner_1.0 [7440042bbd], Refiner switch at: 0.8", { refinerAt: 0.8 }, "refiner"],
  ] as const)("readInfotext() reads %s", (fields, options, given) => {
    const found = read(`${base}, ${fields}`);
    expect(found.options).toMatchObject(options);
    expect(found.notReproduced).toEqual([]);
    if (given !== undefined) expect(found[given]).toBeDefined();
  });

  it("readInfotext() leaves options out when what they belong to is missing", () => {
    const found = read(
      `${base}, Hires upscaler: Latent, Hires upscale: 1, Variation seed: 4, Variation seed strength: 0`,
    );
    expect(() => parseOptions(found.options)).not.toThrow();
    expect(Object.keys(found.options)).not.toContain("hiresUpscaler");
    expect(found.notReproduced).toEqual(["hiresScale: 1", 'hiresUpscaler: "latent-bilinear"', "variationSeed: 4"]);
  });

  it("readInfotext() takes nothing of A1111's habits when Noisette wrote it", () => {
    const { software, options } = read(`${base}, Sampler: dpmpp_3m, RNG: CPU, Version: noisette 0.1.0`);
    expect(software).toBe("noisette 0.1.0");
    expect(options).toMatchObject({ sampler: "dpmpp_3m", rng: "cpu", dynamicPrompts: "off" });
    expect(options.compat).toBeUndefined();
  });

  it("readInfotext() is undefined when the text has no fields", () => {
    expect(readInfotext("a fox, red: blue")).toBeUndefined();
    expect(readInfotext("")).toBeUndefined();
  });

  it("readInfotext() gives options that are valid one by one whatever the fields say", () => {
    const names =
      "Steps,Sampler,Seed,Size,Hires resize,Hires upscale,Mask blur,RNG,Tiling,Refiner,Threshold percentile,__proto__,constructor,x y";
    const value = fc.oneof(fc.constantFrom("True", "1", "-5", "8x8", "0x0", "1e999", "NaN", ""), fc.string());
    const line = fc.array(fc.tuple(fc.constantFrom(...names.split(",")), value), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(line, (fields) => {
        const found = readInfotext(`a\n${fields.map(([name, text]) => `${name}: ${JSON.stringify(text)}`).join(", ")}`);
        if (found !== undefined) expect(typeof found.options.prompt).toBe("string");
      }),
      { numRuns: 300 },
    );
  });
});
