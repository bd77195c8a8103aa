import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { generateOptions } from "@noisette/core";
import type { PictureRecord } from "@noisette/core";
import type { PictureFormatId } from "@noisette/core/image/picture-file";
import { pictureBytes, pictureFormatIds } from "@noisette/core/image/picture-file";
import { pngBytes } from "@noisette/core/image/png";
import { writeSafetensors } from "@noisette/core/safetensors/write";
import { defaultModel } from "../models/default-model.ts";
import { planGeneration } from "./plan.ts";
import { formatRecord } from "@noisette/core/metadata/saved-record";

const sd1 = fileURLToPath(new URL("../../../../fixtures/models/sd1", import.meta.url));
const pixel = { width: 1, height: 1, channels: 3, data: Uint8Array.of(1, 2, 3) } as const;
const record: PictureRecord = {
  version: "0.1.0",
  model: { name: "sd1", path: sd1, hash: "0123456789", family: "sd1" },
  device: "cpu",
  sampler: "euler",
  options: {
    ...generateOptions.parse({ prompt: "a fox" }),
    seed: 7,
    steps: 3,
    width: 64,
    height: 64,
    guidanceScale: 7.5,
  },
};

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  vi.stubEnv("NOISETTE_MODEL", "");
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function picture(saved: PictureRecord, loading = {}): Promise<string> {
  const path = join(folder, "picture.png");
  await writeFile(path, await pngBytes(pixel, { noisette: formatRecord(saved, loading) }));
  return path;
}

/** A value that differs from its default for each kind of option. */
const examples = {
  prompt: ["a", "b"],
  negativePrompt: "blurry",
  prompt2: "c",
  negativePrompt2: "d",
  steps: 2,
  sampler: "heun",
  schedule: "karras",
  eta: 0.5,
  scheduler: { _class_name: "DDIMScheduler" },
  timesteps: [999, 1],
  sigmas: [14, 0],
  guidanceScale: 3,
  guidanceRescale: 0.5,
  seed: 9,
  width: 72,
  height: 80,
  count: 2,
  clipSkip: 2,
  rng: "philox",
  seeding: "batch",
  originalSize: [1, 2],
  cropTopLeft: [3, 4],
  targetSize: [5, 6],
  negativeOriginalSize: [7, 8],
  negativeCropTopLeft: [9, 10],
  negativeTargetSize: [11, 12],
  aestheticScore: 5,
  negativeAestheticScore: 2,
  strength: 0.5,
  denoisingStart: 0.1,
  denoisingEnd: 0.9,
  guidanceBatching: "sequential",
  tiledDecode: "on",
} as const;

describe("planGeneration()", () => {
  it.each(Object.entries(examples))("planGeneration() hands %s on when it is given", async (option, value) => {
    const { options } = await planGeneration({ prompt: "x", model: sd1, [option]: value } as never, []);
    expect(options).toHaveProperty([option], value);
  });

  it("planGeneration() takes the words for the prompt, and an empty one too, when there is no --prompt", async () => {
    expect((await planGeneration({}, ["a", "red", "fox"])).options.prompt).toBe("a red fox");
    expect((await planGeneration({}, [""])).options.prompt).toBe("");
    await expect(planGeneration({}, [])).rejects.toThrow(
      'Cannot generate: no prompt (noisette "a red fox in the snow", or "" for none)',
    );
    await expect(planGeneration({ prompt: "a" }, ["b"])).rejects.toThrow("one of them is wanted");
  });

  it("planGeneration() takes the flag, then NOISETTE_MODEL, then the default model, and says so of that", async () => {
    const { path, notice, side } = defaultModel();
    const unnamed = await planGeneration({}, ["x"]);
    expect(unnamed).toMatchObject({ model: path, notices: [notice] });
    expect([unnamed.options.width, unnamed.options.height]).toEqual([side, side]);
    const narrow = await planGeneration({ width: 64 }, ["x"]);
    expect([narrow.options.width, narrow.options.height]).toEqual([64, side]);
    vi.stubEnv("NOISETTE_MODEL", "owner/name");
    const other = await planGeneration({}, ["x"]);
    expect(other).toMatchObject({ model: "owner/name", notices: [] });
    expect(other.options.width).toBeUndefined();
    expect((await planGeneration({ model: "owner/flag" }, ["x"])).model).toBe("owner/flag");
  });

  it("planGeneration() hands the model's flags to load, and to the record with full paths", async () => {
    const plan = await planGeneration(
      { model: "package.json", revision: "v1", vae: "owner/vae", device: "cpu", threads: 1, previewDecoder: "taesd" },
      ["x"],
    );
    expect(plan.load).toEqual({ revision: "v1", vae: "owner/vae", device: "cpu", threads: 1, previewDecoder: "taesd" });
    expect(plan.loading).toEqual({ model: resolve("package.json"), revision: "v1", vae: "owner/vae" });
  });

  it("planGeneration() counts the pictures when prompts and count multiply", async () => {
    expect((await planGeneration({ prompt: ["a", "b", "c"], count: 2 }, [])).count).toBe(6);
  });

  it("planGeneration() repeats a record and changes what flags name when --from is given", async () => {
    const from = await picture(record, { model: "owner/name", vae: "some-vae" });
    const plan = await planGeneration({ from, steps: 5 }, []);
    expect(plan).toMatchObject({
      model: sd1,
      load: { device: "cpu", vae: "some-vae" },
      count: 1,
      repeats: { elsewhere: false },
    });
    expect(plan.options).toEqual({ ...record.options, steps: 5 });
    const elsewhere = await planGeneration({ from, model: "other/model", device: "webgpu" }, ["a hare"]);
    expect(elsewhere).toMatchObject({
      model: "other/model",
      load: { device: "webgpu" },
      repeats: { elsewhere: true },
      options: { prompt: "a hare", seed: 7 },
    });
    expect(elsewhere.load.vae).toBeUndefined();
  });

  it("planGeneration() takes the model by its name when its path of then is gone", async () => {
    const moved = { ...record, model: { ...record.model, path: join(folder, "gone") } };
    expect((await planGeneration({ from: await picture(moved, { model: "owner/name" }) }, [])).model).toBe(
      "owner/name",
    );
  });

  it("planGeneration() makes one picture of a batch alone when nothing else is asked", async () => {
    const from = await picture({
      ...record,
      batch: { index: 1, size: 3 },
      options: { ...record.options, seeding: "batch", count: 3 },
    });
    expect(await planGeneration({ from }, [])).toMatchObject({ count: 1, options: { count: 3, pictures: [1] } });
    const other = await planGeneration({ from, count: 2 }, []);
    expect(other.count).toBe(2);
    expect(other.options.pictures).toBeUndefined();
  });

  const infotext =
    "a fox, <lora:paint:1>\nSteps: 4, Sampler: Euler a, CFG scale: 6, Seed: 5, Size: 64x96, Model hash: 0011223344, Model: other, Face restoration: GFPGAN, Refiner: second [0011], Refiner switch at: 0.8";
  const foreign = async (format: PictureFormatId, parameters = infotext) => {
    const path = join(folder, `foreign.${format}`);
    await writeFile(path, await pictureBytes(pixel, { format, text: { parameters } }));
    return path;
  };

  it.each(pictureFormatIds)(
    "planGeneration() takes A1111's settings from %s and says what it could not take",
    async (format) => {
      const from = await foreign(format);
      const plan = await planGeneration({ from, model: sd1, steps: 2 }, []);
      expect(plan.options).toMatchObject({
        compat: "a1111",
        prompt: "a fox, ",
        sampler: "euler_ancestral",
        seed: 5,
        steps: 2,
        guidanceScale: 6,
        width: 64,
        height: 96,
      });
      expect(plan.options.refinerAt).toBeUndefined();
      const model = { name: "other", hash: "0011223344" };
      expect(plan.repeats).toEqual({ path: from, model, elsewhere: true, loraHashes: {} });
      expect(plan.notices).toEqual([
        `"${from}" was made by AUTOMATIC1111`,
        `cannot reproduce of "${from}": Face restoration: GFPGAN`,
        `cannot reproduce of "${from}": <lora:paint:1> (--adapters with the folder it is in is wanted)`,
        `cannot reproduce of "${from}": its refiner, second (--refiner with its file is wanted)`,
      ]);
      const found = await planGeneration({ from, model: sd1, adapters: fixturePath("adapters") }, []);
      expect(found.options.prompt).toBe("a fox,  <lora:paint:1>");
      expect(found.notices.join()).not.toContain("paint");
      const refined = await planGeneration({ from, model: sd1, refiner: sd1 }, []);
      expect(refined).toMatchObject({ refiner: sd1, options: { refinerAt: 0.8 } });
    },
  );

  it("planGeneration() wants the picture that A1111 started from when it did", async () => {
    const from = await foreign("png", "a\nSteps: 4, Seed: 5, Size: 8x8, Denoising strength: 0.5, Mask blur: 2");
    await expect(planGeneration({ from, model: sd1 }, [])).rejects.toThrow("it started from a picture that its record");
    await expect(planGeneration({ from, model: sd1, init: from }, [])).rejects.toThrow("was painted under a mask");
    const { options } = await planGeneration({ from, model: sd1, init: from, mask: from }, []);
    expect(options).toMatchObject({ strength: 0.5, maskBlur: 2, init: pixel });
  });

  it("planGeneration() wants the picture it started from when the record had one", async () => {
    const from = await picture({ ...record, init: "image" });
    await expect(planGeneration({ from }, [])).rejects.toThrow(
      "it started from a picture that its record does not hold (--init with the file is wanted)",
    );
    expect((await planGeneration({ from, init: from }, [])).options.init).toEqual(pixel);
  });

  it("planGeneration() reads latents when --init names a .safetensors file", async () => {
    const path = join(folder, "x.safetensors");
    await writeSafetensors(path, [["latents", { dims: [1, 1, 1, 2], data: Float32Array.of(1, 2) }]]);
    expect((await planGeneration({ init: path }, ["x"])).options.init).toEqual({
      dims: [1, 1, 1, 2],
      data: Float32Array.of(1, 2),
    });
    await writeSafetensors(path, [["other", { dims: [1], data: Float32Array.of(1) }]]);
    await expect(planGeneration({ init: path }, ["x"])).rejects.toThrow('it has no tensor "latents"');
  });
});
