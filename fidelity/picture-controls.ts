// ControlNets and T2I-Adapters of golden pictures: diffusers' arguments as our controls.

import type { GenerateInputs } from "@noisette/core";
import { readImage } from "@noisette/core/image/png";
import { fixturePath } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";

/** The model that each of these folders of cases steers. */
export const controlledModels: Readonly<Record<string, string>> = {
  "controlnet-sd1": "sd1",
  "controlnet-sdxl": "sdxl",
  "t2iadapter-sd1": "sd1",
};

const scaleNames = ["controlnet_conditioning_scale", "adapter_conditioning_scale"];
const names = [...scaleNames, "control_guidance_start", "control_guidance_end", "guess_mode"];

/** A diffusers call without what it says of controls. */
export const withoutControls = (kwargs: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(kwargs).filter(([name]) => !names.includes(name)));

/** The controls of a golden case in `folder`: all by the network of the folder's name, each after a picture of its own. */
export async function controlsOf(folder: string, { json }: Golden): Promise<Pick<GenerateInputs, "controls">> {
  if (!Object.hasOwn(controlledModels, folder)) return {};
  const kwargs = json.call_kwargs as Readonly<Record<string, unknown>>;
  const scales = scaleNames.flatMap((name) => (kwargs[name] as number | number[] | undefined) ?? []);
  // The default of diffusers' image-to-image pipeline is another.
  const standard = String(json.pipeline).includes("Img2Img") ? 0.8 : 1;
  const controls = (scales.length === 0 ? [standard] : scales).map(async (weight, i) => ({
    path: fixturePath(`models/${folder}`),
    image: await readImage(fixturePath(`cases/${folder}/control_image${i === 0 ? "" : i + 1}.png`)),
    weight,
    start: (kwargs.control_guidance_start as number | undefined) ?? 0,
    end: (kwargs.control_guidance_end as number | undefined) ?? 1,
    mode: kwargs.guess_mode === true ? ("guess" as const) : ("balanced" as const),
  }));
  return { controls: await Promise.all(controls) };
}
