// Whole pictures from the seed alone, beside diffusers' own: the last latents, and the picture's bytes.

import { readdirSync } from "node:fs";
import type { GenerateInputs, GenerateOptions, Image, Model } from "@noisette/core";
import { load } from "@noisette/core";
import { maskFromImage } from "@noisette/core/image/mask";
import { readImage } from "@noisette/core/image/png";
import { latentMask } from "@noisette/core/pipelines/inpaint-channels";
import type { Device } from "@noisette/core/runtime/engine";
import { fixturePath, goldenTensor, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";
import { withDriver } from "../fixtures/test-devices.ts";
import type { FidelityCase } from "./case.ts";
import { relativeError } from "./case.ts";
import { controlledModels, controlsOf, withoutControls } from "./picture-controls.ts";

const pictureModels = [
  "sd1",
  "sd1-inpaint",
  "sd2",
  "sdxl",
  "sdxl-refiner",
  "sd-x4-upscaler",
  ...Object.keys(controlledModels),
];

/** Every golden picture of these models: its latents, and its bytes where they are stored. */
export const pictureCases: readonly FidelityCase[] = pictureModels.flatMap((model) =>
  readdirSync(fixturePath(`cases/${model}`))
    .filter((file) => /^(txt2img|img2img|inpaint|upscale|base_then_refiner).*\.json$/.test(file))
    .flatMap((file) => casesOf(`${model}/${file.slice(0, -".json".length)}`)),
);

/** Ends the engines that the cases opened. */
export async function closePictureModels(): Promise<void> {
  for (const model of models.values()) await (await model).close();
  models.clear();
}

function casesOf(name: string): FidelityCase[] {
  const golden = readGolden(`cases/${name}`);
  const steps = [...golden.tensors.keys()].flatMap((key) => /^latents\.(\d+)$/.exec(key)?.[1] ?? []).map(Number);
  const picture = golden.tensors.get("out.image_u8");
  const made = new Map<Device, Promise<Made>>();
  const make = (device: Device): Promise<Made> => {
    const making = made.get(device) ?? pictures(name, golden, device);
    made.set(device, making);
    return making;
  };
  // The software WebGPU device is slow: one case is enough there, and the networks have their own.
  const onWebgpu = name === "sd1/txt2img_euler_a";
  const cases: FidelityCase[] = [];
  if (steps.length > 0) {
    cases.push({
      name: `${name}, latents`,
      figure: "relativeError",
      bounds: { cpu: 1e-3, ...(onWebgpu && { webgpu: 1e-2 }) },
      measure: async ({ device }) => {
        const last = goldenTensor(golden, `latents.${Math.max(...steps)}`);
        const counts = await painted(name, last.dims);
        const compared = (latents: Float32Array) => latents.filter((_, i) => counts(i));
        return relativeError(compared((await make(device)).latents), compared(last.data as Float32Array));
      },
    });
  }
  if (picture !== undefined) {
    cases.push({
      name: `${name}, picture`,
      figure: "psnr",
      bounds: { cpu: 50, ...(onWebgpu && { webgpu: 50 }) },
      measure: async ({ device }) => psnr((await make(device)).images, picture.data as Uint8Array),
    });
  }
  return cases;
}

/** Which latents to compare: with a 4-channel model the reference's last ones are those before the known ones are put back. */
async function painted(name: string, dims: readonly number[]): Promise<(i: number) => boolean> {
  const [model, test] = name.split("/");
  if (!test.startsWith("inpaint4")) return () => true;
  const mask = maskFromImage(await readImage(fixturePath(`cases/${model}/mask.png`)));
  const places = latentMask(mask, dims, { soft: false });
  return (i) => places[i % places.length] === 1;
}

interface Made {
  /** Of all pictures, one behind the other. */
  readonly latents: Float32Array;
  readonly images: readonly Image[];
}

const models = new Map<string, Promise<Model>>();

function modelOn(device: Device, name: string): Promise<Model> {
  const key = `${device} ${name}`;
  const open = () => load(fixturePath(`models/${name}`), { device, threads: 1 });
  const model = models.get(key) ?? withDriver(device, open);
  models.set(key, model);
  return model;
}

async function pictures(name: string, golden: Golden, device: Device): Promise<Made> {
  const [modelName] = name.split("/");
  const options = optionsOf(golden);
  const start = await startOf(name, golden, options, device);
  const model = await modelOn(device, controlledModels[modelName] ?? modelName);
  const { images } = await model.generate({ ...options, ...start, ...(await controlsOf(modelName, golden)) });
  return {
    latents: Float32Array.from(images.flatMap(({ latents }) => [...latents.data])),
    images: images.flatMap(({ image }) => image ?? []),
  };
}

async function startOf(
  name: string,
  { json }: Golden,
  options: GenerateOptions,
  device: Device,
): Promise<Pick<GenerateInputs, "init" | "mask">> {
  const [model, test] = name.split("/");
  const read = (file: string) => readImage(fixturePath(`cases/${model}/${file}`));
  if (test.startsWith("upscale")) return { init: await read("low_res.png") };
  if (test.startsWith("img2img")) return { init: await read("init_image.png") };
  if (test.startsWith("inpaint")) return { init: await read("init_image.png"), mask: await read("mask.png") };
  if (json.base_kwargs === undefined) return {};
  const base = await modelOn(device, "sdxl");
  const { images } = await base.generate({ ...options, denoisingStart: undefined, ...written(json.base_kwargs) });
  return { init: images[0].latents };
}

/** A diffusers call as our options. */
function optionsOf({ json }: Golden): GenerateOptions {
  const { class: _class_name, ...scheduler } = json.schedulers.scheduler;
  return {
    compat: "diffusers",
    ...written(withoutControls(json.call_kwargs)),
    scheduler: { ...scheduler, _class_name },
    seed: json.seed,
    // One generator draws the whole batch; a list of them is one per picture.
    seeding: json.generators === 1 ? "batch" : "per-image",
  } as GenerateOptions;
}

/** diffusers' arguments whose names are not ours in snake case. */
const optionNames: Readonly<Record<string, string>> = {
  num_inference_steps: "steps",
  num_images_per_prompt: "count",
  crops_coords_top_left: "cropTopLeft",
  negative_crops_coords_top_left: "negativeCropTopLeft",
};

function written(kwargs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const camel = (key: string) => optionNames[key] ?? key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    Object.entries(kwargs)
      .filter(([, value]) => value !== null)
      // diffusers counts skipped layers, A1111 and we the layer that is used.
      .map(([key, value]) => [camel(key), key === "clip_skip" ? (value as number) + 1 : value]),
  );
}

/** 10·log₁₀(255²/MSE) over all pictures, which the reference holds as [N,H,W,3]. */
function psnr(images: readonly Image[], reference: Uint8Array): number {
  let squares = 0;
  let at = 0;
  for (const { data } of images) for (const value of data) squares += (value - reference[at++]) ** 2;
  return at === reference.length ? 10 * Math.log10(255 ** 2 / (squares / at)) : NaN;
}
