import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { tinyLatentUpscaler } from "../../../../fixtures/tiny-latent-upscaler.ts";
import { openFile } from "../platform/node.ts";
import { readTensor, readTensorBytes, readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { tensor } from "../tensor/tensor.ts";
import { convertCheckpoint } from "./convert.ts";
import { openCheckpoint } from "./open.ts";
import { storedCopy } from "./save/stored-copies.ts";
import { readWeights } from "./weights-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));
const to = (name: string) => join(folder, name);
const fixture = (name: string) => fixturePath(`models/${name}`);

/** Type, dimensions and bytes of every tensor, transposes as they are meant. */
async function contents(tensors: StoredTensors): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (const [name, stored] of tensors) {
    const source = await openFile(stored.file);
    const bytes = stored.transposed
      ? Buffer.from((await readTensor(source, stored)).data.buffer)
      : await readTensorBytes(source, stored);
    await source.close();
    all.set(name, `${stored.type} ${stored.dims} ${Buffer.from(bytes).toString("base64")}`);
  }
  return all;
}

const models = ["sd1", "sd2", "sdxl", "sdxl-refiner", "sd-x4-upscaler"] as const;

describe.each(models)("%s", (name) => {
  it("convertCheckpoint() gives back every tensor bit for bit when it goes to a single file and back", async () => {
    const original = await openCheckpoint(fixture(name));
    await convertCheckpoint(original, to("single.safetensors"));
    const single = await openCheckpoint(to("single.safetensors"), { config: fixture(name) });
    expect([single.family, single.task, single.prediction]).toEqual([
      original.family,
      original.task,
      original.prediction,
    ]);
    const notes = await convertCheckpoint(single, to("folder"));
    const back = await openCheckpoint(to("folder"));
    expect(notes).toEqual([]);
    expect([back.family, back.task, back.prediction]).toEqual([original.family, original.task, original.prediction]);
    for (const [slot, network] of Object.entries(original.networks)) {
      const own = back.networks[slot as "unet"];
      expect(own.className).toBe(network.className);
      expect(own.config).toEqual(network.config);
      expect(await contents(own.tensors)).toEqual(await contents(network.tensors));
    }
    const { _class_name, ...index } = back.modelIndex!;
    expect(original.modelIndex).toMatchObject({ _class_name });
    for (const [part, value] of Object.entries(original.modelIndex!))
      if (part in index && part !== "_diffusers_version") expect(index[part], part).toEqual(value);
    expect(await readdir(folder)).toEqual(["folder", "single.safetensors"]);
  });
});

describe("convertCheckpoint()", () => {
  it("convertCheckpoint() keeps a latent upscaler in a folder as it was, and throws when asked for a single file", async () => {
    const { folder: path, remove } = await tinyLatentUpscaler();
    try {
      const original = await openCheckpoint(path);
      expect([original.task, original.notes, original.networks.unet.unused]).toEqual(["latent-upscaling", [], []]);
      await convertCheckpoint(original, to("folder"));
      const back = await openCheckpoint(to("folder"));
      expect([back.task, back.prediction, back.scheduler]).toEqual([
        "latent-upscaling",
        "v_prediction",
        original.scheduler,
      ]);
      expect(back.modelIndex!._class_name).toBe("StableDiffusionLatentUpscalePipeline");
      expect(back.networks.unet.config).toEqual(original.networks.unet.config);
      expect(await contents(back.networks.unet.tensors)).toEqual(await contents(original.networks.unet.tensors));
      await expect(convertCheckpoint(original, to("x.safetensors"))).rejects.toThrow(
        "a latent upscaler has no single-file layout (a folder is wanted)",
      );
    } finally {
      remove();
    }
  });

  it.each([
    ["sd1_ldm.safetensors", "sd1"],
    ["sdxl_sgm.safetensors", "sdxl"],
  ])("convertCheckpoint() writes the tensors of the reference's %s from the folder", async (file, model) => {
    await convertCheckpoint(await openCheckpoint(fixture(model)), to("x.safetensors"));
    const [ours, theirs] = [
      await readWeights(to("x.safetensors")),
      await readWeights(fixturePath(`single_file/${file}`)),
    ];
    const [own, wanted] = [await contents(ours.tensors), await contents(theirs.tensors)];
    for (const [name, content] of own) expect(content, name).toBe(wanted.get(name));
    const others = [...wanted.keys()].filter((name) => !own.has(name));
    expect(
      others.every((name) => /position_ids|model_ema|alphas|betas/.test(name)),
      String(others),
    ).toBe(true);
  });

  it("convertCheckpoint() says what it leaves out of a single file with other tensors", async () => {
    const checkpoint = await openCheckpoint(fixturePath("single_file/sd1_ldm.ckpt"), { config: fixture("sd1") });
    const notes = await convertCheckpoint(checkpoint, to("x"));
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatch(/tensors that belong to no network are left out/);
  });

  it.each([
    ["F16", 2],
    ["BF16", 2],
    ["F32", 4],
  ] as const)("convertCheckpoint() writes all weights as %s when asked to", async (type, bytes) => {
    const original = await openCheckpoint(fixture("sd2"));
    await convertCheckpoint(original, to("x.safetensors"), { type });
    const { networks } = await openCheckpoint(to("x.safetensors"), { config: fixture("sd2") });
    for (const [slot, { tensors }] of Object.entries(networks)) {
      for (const stored of tensors.values()) {
        expect([stored.type, stored.byteLength]).toEqual([type, bytes * stored.dims.reduce((a, b) => a * b, 1)]);
      }
      const [a, b] = [await readTensors(tensors), await readTensors(original.networks[slot as "unet"].tensors)];
      for (const [name, { data }] of a) {
        const wanted = b.get(name)!.data;
        // Half a unit in the last place of 8 bits.
        expect(data.every((value, i) => Math.abs(value - wanted[i]) <= Math.abs(wanted[i]) / 256 + 1e-7)).toBe(true);
      }
    }
  });

  it("convertCheckpoint() keeps what a model of another prediction says of itself", async () => {
    const original = await openCheckpoint(fixture("sdxl"), { prediction: "v_prediction" });
    const scheduler = { ...original.scheduler, rescale_betas_zero_snr: true };
    await convertCheckpoint({ ...original, scheduler }, to("x.safetensors"));
    const { tensors, metadata } = await readWeights(to("x.safetensors"));
    expect([tensors.has("v_pred"), tensors.has("ztsnr")]).toEqual([true, true]);
    expect(metadata["modelspec.prediction_type"]).toBe("v");
  });

  it("convertCheckpoint() leaves nothing behind when it fails or is stopped, and writes over no folder", async () => {
    const original = await openCheckpoint(fixture("sd1"));
    const stopped = AbortSignal.abort(new Error("stopped"));
    for (const path of ["x", "x.safetensors"])
      await expect(convertCheckpoint(original, to(path), { signal: stopped })).rejects.toThrow("stopped");
    expect(await readdir(folder)).toEqual([]);
    await writeFile(to("x"), "mine");
    await expect(convertCheckpoint(original, to("x"))).rejects.toThrow(/it exists/);
    expect(await readFile(to("x"), "utf8")).toBe("mine");
  });
});

describe("storedCopy()", () => {
  it("storedCopy() throws when a value is too large for float16", async () => {
    await writeSafetensors(to("a.safetensors"), [["w", tensor([2], Float32Array.of(1, 70000))]]);
    const { tensors } = await readWeights(to("a.safetensors"));
    const copy = storedCopy(tensors.get("w")!, "F16");
    await expect(writeSafetensors(to("b.safetensors"), [["w", copy]])).rejects.toThrow(
      /^Cannot write "w" as float16: it has 70000/,
    );
    expect(await readdir(folder)).toEqual(["a.safetensors"]);
  });
});
