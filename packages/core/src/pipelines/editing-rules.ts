// Options for editing that do not go together, or that lack what they work on: both are named.

import type { ResolvedOptions } from "./options.ts";

/** What a run is given beside its options. */
export interface GivenInputs {
  readonly init: "picture" | "latents" | undefined;
  readonly mask: boolean;
  readonly upscaler: boolean;
  /** The model enlarges a picture, or a picture or its latents. */
  readonly upscales?: "picture" | "latents";
}

type Name = keyof ResolvedOptions;
const maskOptions: readonly Name[] = [
  "maskInvert",
  "maskGrow",
  "maskBlur",
  "maskArea",
  "maskPadding",
  "fill",
  "softInpainting",
  "pasteOriginal",
];
const extensions: readonly Name[] = ["outpaint", "pan", "zoomOut"];
/** What makes a second pass. */
export const secondPasses = ["hiresScale", "hiresSize"] as const satisfies readonly Name[];
const hiresOptions: readonly Name[] = [
  "hiresUpscaler",
  "hiresSteps",
  "hiresSampler",
  "hiresSchedule",
  "hiresPrompt",
  "hiresNegativePrompt",
  "hiresGuidanceScale",
];

/** Throws TypeError when `options` contradict each other or what is given. */
export function checkEditing(options: ResolvedOptions, { init, mask, upscaler, upscales }: GivenInputs): void {
  const given = (names: readonly Name[]) =>
    names.filter((name) => options[name] !== undefined && options[name] !== false);
  const refuse = (what: string, wanted: string): never => {
    throw new TypeError(`Cannot generate with ${what} (${wanted})`);
  };
  const [extension, otherExtension] = given(extensions);
  const both = (a: string, b: string): never => refuse(`${a} and ${b} together`, "one of them is wanted");

  if (upscales && init !== "picture" && !(upscales === "latents" && init === "latents"))
    refuse("an upscaling model and no picture", "the small picture, as initial one, is wanted");
  if (upscales && (mask || extension !== undefined)) both("an upscaling model", mask ? "a mask" : extension);
  if (upscales && options.fit !== undefined) both("an upscaling model", "fit");
  if (otherExtension !== undefined) both(extension, otherExtension);
  if (mask && init !== "picture") refuse(`a mask: it has no picture under it`, "an initial picture is wanted");
  if (extension !== undefined && init !== "picture")
    refuse(`${extension} without a picture`, "an initial picture is wanted");
  const [lonely] = given(maskOptions);
  if (lonely !== undefined && !mask && extension === undefined) refuse(`${lonely} without a mask`, "a mask is wanted");
  if (options.fit !== undefined && init !== "picture") refuse("fit without a picture", "an initial picture is wanted");
  if (options.fit !== undefined && options.maskArea === "masked") both("fit", "maskArea masked");
  if (options.maskPadding !== undefined && options.maskArea !== "masked")
    refuse("maskPadding without maskArea", "maskArea masked is wanted");
  if (options.softInpainting && options.maskBlending !== "noised")
    both("softInpainting", `maskBlending ${options.maskBlending}`);
  if (options.pasteOriginal === false && options.maskArea === "masked") both("pasteOriginal false", "maskArea masked");
  if ((mask || extension !== undefined) && options.denoisingEnd !== undefined && options.maskArea === "masked")
    both("denoisingEnd", "maskArea masked");

  if (options.variationStrength > 0 && options.seeding === "batch") both("variationStrength", "seeding batch");
  if (options.seedResizeFrom !== undefined && options.seeding === "batch") both("seedResizeFrom", "seeding batch");
  if (options.variationSeed !== undefined && options.variationStrength === 0)
    refuse("variationSeed at variationStrength 0", "a variationStrength above 0 is wanted");

  const [hires] = given(hiresOptions);
  const [second, alsoSecond] = given(secondPasses);
  if (second === undefined && (hires !== undefined || upscaler))
    refuse(`${hires ?? "an upscaler"} without a second pass`, "hiresScale or hiresSize is wanted");
  if (alsoSecond !== undefined) both(second, alsoSecond);
  if (second !== undefined) {
    if (init !== undefined) both(second, "an initial picture");
    if (options.hiresUpscaler !== undefined && upscaler) both(`hiresUpscaler ${options.hiresUpscaler}`, "an upscaler");
    for (const name of ["denoisingStart", "denoisingEnd", "timesteps", "sigmas"] as const)
      if (options[name] !== undefined) both(second, name);
  }
  if (options.refinerAt !== undefined) refuse("refinerAt without a refiner", "a second model is wanted");
  if (options.promptBlend !== undefined && options.promptTo === undefined)
    refuse("promptBlend without a second prompt", "promptTo is wanted");
}
