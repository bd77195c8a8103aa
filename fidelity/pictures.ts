// Whole pictures from the seed alone, beside diffusers' own: final latents, and the picture itself.

import { readdirSync } from "node:fs";
import type { GenerateInputs, GenerateOptions, Image, Model } from "../packages/core/src/index.ts";
import { load } from "../packages/core/src/index.ts";
import type { Device } from "../packages/core/src/runtime/engine.ts";
import { fixturePath, goldenTensor, readGolden } from "../fixtures/read-golden.ts";
import type { Golden } from "../fixtures/read-golden.ts";

/** How near a picture came to the reference. */
export interface PictureFigures {
  /** max |Δ| / max(1, max |reference|) over the final latents; undefined where the case stores none. */
  readonly latents: number | undefined;
  /** Peak signal-to-noise ratio of the 8-bit picture in dB, ∞ when equal; undefined where the case stores none. */
  readonly psnr: number | undefined;
}

export interface PictureCase {
  readonly name: string;
  measure(models: Models): Promise<PictureFigures>;
}

/** Loaded models by fixture name, shared between cases. */
export interface Models {
  get(name: string): Promise<Model>;
  close(): Promise<void>;
}

/** Models of fixtures/models on `device`. */
export function openModels(device: Device): Models {
  const models = new Map<string, Promise<Model>>();
  return {
    get(name) {
      const model = models.get(name) ?? load(fixturePath(`models/${name}`), { device });
      models.set(name, model);
      return model;
    },
    async close() {
      for (const model of models.values()) await (await model).close();
    },
  };
}

/** Every golden text-to-image case of SD 1, SD 2 and SDXL, and the refiner behind SDXL. */
export const pictureCases: readonly PictureCase[] = [
  ...["sd1", "sd2", "sdxl"].flatMap((model) =>
    readdirSync(fixturePath(`cases/${model}`))
      .filter((file) => /^txt2img.*\.json$/.test(file))
      .map((file): PictureCase => {
        const name = `${model}/${file.slice(0, -".json".length)}`;
        return {
          name,
          async measure(models) {
            const golden = readGolden(`cases/${name}`);
            return compare(golden, await pictures(await models.get(model), optionsOf(golden)));
          },
        };
      }),
  ),
  {
    name: "sdxl-refiner/base_then_refiner",
    async measure(models) {
      const golden = readGolden("cases/sdxl-refiner/base_then_refiner");
      const common = optionsOf(golden);
      const base = await (await models.get("sdxl")).generate({ ...common, ...written(golden.json.base_kwargs), denoisingStart: undefined });
      return compare(golden, await pictures(await models.get("sdxl-refiner"), { ...common, init: base.images[0].latents }));
    },
  },
];

interface Made {
  readonly latents: readonly Float32Array[];
  readonly images: readonly Image[];
}

async function pictures(model: Model, options: GenerateOptions & GenerateInputs): Promise<Made> {
  const { images } = await model.generate(options);
  return { latents: images.map(({ latents }) => latents.data), images: images.flatMap(({ image }) => image ?? []) };
}

/** A diffusers call as our options. */
function optionsOf({ json }: Golden): GenerateOptions {
  const { class: _class_name, ...scheduler } = json.schedulers.scheduler;
  return {
    ...written(json.call_kwargs),
    scheduler: { ...scheduler, _class_name },
    seed: json.seed,
    // One generator draws the whole batch; a list of them is one per picture.
    seeding: json.generators === 1 ? "batch" : "per-image",
  } as GenerateOptions;
}

const optionNames: Readonly<Record<string, string>> = {
  prompt_2: "prompt2",
  negative_prompt_2: "negativePrompt2",
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

function compare(golden: Golden, { latents, images }: Made): PictureFigures {
  const steps = [...golden.tensors.keys()].flatMap((name) => /^latents\.(\d+)$/.exec(name)?.[1] ?? []).map(Number);
  const reference = steps.length === 0 ? undefined : goldenTensor(golden, `latents.${Math.max(...steps)}`);
  const picture = golden.tensors.get("out.image_u8");
  return {
    latents: reference && relativeError(join(latents), reference.data as Float32Array),
    psnr: picture && psnr(images, picture.data as Uint8Array),
  };
}

function join(parts: readonly Float32Array[]): Float32Array {
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

function relativeError(actual: Float32Array, reference: Float32Array): number {
  if (actual.length !== reference.length) return Infinity;
  const scale = reference.reduce((max, value) => Math.max(max, Math.abs(value)), 1);
  return actual.reduce((max, value, i) => Math.max(max, Math.abs(value - reference[i])), 0) / scale;
}

/** 10·log₁₀(255²/MSE) over all pictures, which the reference holds as [N,H,W,3]. */
function psnr(images: readonly Image[], reference: Uint8Array): number {
  let squares = 0;
  let at = 0;
  for (const { data } of images) for (const value of data) squares += (value - reference[at++]) ** 2;
  return at === reference.length ? 10 * Math.log10(255 ** 2 / (squares / at)) : -Infinity;
}
