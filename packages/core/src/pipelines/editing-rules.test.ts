import { describe, expect, it } from "vitest";
import { checkEditing } from "./editing-rules.ts";
import type { GivenInputs } from "./editing-rules.ts";
import { parseOptions } from "./options.ts";

const nothing: GivenInputs = { init: undefined, mask: false, upscaler: false };
const picture = { ...nothing, init: "picture" } as const;
const masked = { ...picture, mask: true };
const check = (options: object, inputs: GivenInputs) => checkEditing(parseOptions({ prompt: "", ...options }), inputs);

describe("checkEditing()", () => {
  it.each([
    [{}, nothing],
    [{ maskBlur: 4, maskArea: "masked", maskPadding: 8, fill: "noise" }, masked],
    [{ outpaint: [8, 0, 0, 0], maskGrow: 4, fill: "fill" }, picture],
    [{ hiresScale: 2, hiresSteps: 4 }, nothing],
    [{ variationStrength: 0.1, variationSeed: 3 }, nothing],
  ] as const)("checkEditing() allows %j when it goes together", (options, inputs) => {
    expect(() => check(options, inputs)).not.toThrow();
  });

  it.each([
    [{}, { ...nothing, mask: true }, "a mask: it has no picture under it (an initial picture is wanted)"],
    [{ maskBlur: 4 }, picture, "maskBlur without a mask (a mask is wanted)"],
    [{ fill: "noise" }, nothing, "fill without a mask"],
    [{ maskPadding: 8 }, masked, "maskPadding without maskArea (maskArea masked is wanted)"],
    [{ pan: [8, 0], zoomOut: 2 }, picture, "pan and zoomOut together (one of them is wanted)"],
    [{ zoomOut: 2 }, nothing, "zoomOut without a picture"],
    [{ softInpainting: true, maskBlending: "denoised" }, masked, "softInpainting and maskBlending denoised together"],
    [{ maskArea: "masked", fit: "crop" }, masked, "fit and maskArea masked together"],
    [{ variationSeed: 3 }, nothing, "variationSeed at variationStrength 0"],
    [{ variationStrength: 0.5, seeding: "batch" }, nothing, "variationStrength and seeding batch together"],
    [{ hiresSteps: 4 }, nothing, "hiresSteps without a second pass (hiresScale or hiresSize is wanted)"],
    [{ hiresScale: 2, hiresSize: [64, 64] }, nothing, "hiresScale and hiresSize together"],
    [{ hiresScale: 2 }, picture, "hiresScale and an initial picture together"],
    [
      { hiresScale: 2, hiresUpscaler: "lanczos" },
      { ...nothing, upscaler: true },
      "hiresUpscaler lanczos and an upscaler",
    ],
    [{ promptBlend: 0.5 }, nothing, "promptBlend without a second prompt"],
    [{ refinerAt: 0.5 }, nothing, "refinerAt without a refiner"],
    [{}, { ...nothing, upscales: "picture" }, "an upscaling model and no picture"],
  ] as const)("checkEditing() says what contradicts when given %j", (options, inputs, message) => {
    expect(() => check(options, inputs)).toThrow(message);
  });
});
