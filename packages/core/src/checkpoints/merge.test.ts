import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixturePath } from "../../../../fixtures/read-golden.ts";
import { readTensors } from "../safetensors/read-tensor.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { StoredTensors } from "../tensor/stored.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Checkpoint, NetworkSlot } from "./checkpoint.ts";
import { componentFolders } from "./folder-description.ts";
import { mergeCheckpoints } from "./merge.ts";
import type { MergeOptions } from "./merge.ts";
import { mergeWeights } from "./merge-weights.ts";
import { openCheckpoint } from "./open.ts";
import { readWeights } from "./weights-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
});
afterEach(() => rm(folder, { recursive: true }));
const to = (name: string) => join(folder, name);
const fixture = (name: string) => fixturePath(`models/${name}`);

/** The model with some parameters of each of its blocks: as many as tell that all are treated alike. */
async function opened(name: string): Promise<Checkpoint> {
  const checkpoint = await openCheckpoint(fixture(name));
  const telling = /norm1\.bias$|conv_(in|out)\.|time_embedding|samplers/;
  const networks = Object.entries(checkpoint.networks).map(([slot, network]) => [
    slot,
    { ...network, tensors: new Map([...network.tensors].filter(([own]) => telling.test(own))) },
  ]);
  return { ...checkpoint, networks: Object.fromEntries(networks) as Checkpoint["networks"] };
}

/** The tensors of a network of the folder "merged". */
const mergedTensors = async (slot: NetworkSlot) => {
  const name = slot.startsWith("text") ? "model" : "diffusion_pytorch_model";
  return values((await readWeights(to(`merged/${componentFolders[slot]}/${name}.safetensors`))).tensors);
};

/** `checkpoint` with every weight times `factor` plus `shift`, in float32. */
async function altered(
  checkpoint: Checkpoint,
  { factor, shift }: { factor: number; shift: number },
): Promise<Checkpoint> {
  const networks: Record<string, unknown> = {};
  for (const [slot, network] of Object.entries(checkpoint.networks)) {
    const values = await readTensors(network.tensors);
    const file = to(`${slot}-${factor}-${shift}.safetensors`);
    await writeSafetensors(
      file,
      Array.from(values, ([name, { dims, data }]) => [
        name,
        tensor(
          dims,
          data.map((value) => factor * value + shift),
        ),
      ]),
    );
    networks[slot] = { ...network, tensors: (await readWeights(file)).tensors };
  }
  return { ...checkpoint, networks: networks as unknown as Checkpoint["networks"], hash: async () => "0" };
}

const values = (tensors: StoredTensors) => readTensors(tensors);

/** For each slot, the largest distance of the merged weights from `of` those of the models. */
async function distances(
  models: readonly Checkpoint[],
  options: MergeOptions,
  of: (name: string, slot: NetworkSlot, ...values: number[]) => number,
): Promise<Record<string, number>> {
  await mergeCheckpoints(models, to("merged"), options);
  const result: Record<string, number> = {};
  for (const slot of Object.keys(models[0].networks) as NetworkSlot[]) {
    const ours = await mergedTensors(slot);
    expect(ours.size).toBeGreaterThan(0);
    const theirs = await Promise.all(models.map(({ networks }) => values(networks[slot]!.tensors)));
    result[slot] = 0;
    for (const [name, { data }] of ours) {
      const own = theirs.map((all) => all.get(name)!.data);
      data.forEach((value, i) => {
        result[slot] = Math.max(result[slot], Math.abs(value - of(name, slot, ...own.map((all) => all[i]))));
      });
    }
  }
  return result;
}

const tiny = { unet: 1e-6, vae: 1e-6, textEncoder: 1e-6 };
const below = (found: Record<string, number>) => {
  for (const [slot, bound] of Object.entries(tiny)) expect(found[slot], slot).toBeLessThan(bound);
};

describe("mergeCheckpoints()", () => {
  it("mergeCheckpoints() gives the weighted sum, and A's autoencoder", async () => {
    const a = await opened("sd1");
    const b = await altered(a, { factor: 0.5, shift: 0.25 });
    const of = (_: string, slot: NetworkSlot, x: number, y: number) => (slot === "vae" ? x : 0.7 * x + 0.3 * y);
    below(await distances([a, b], { weight: 0.3, type: "F32" }, of));
  });

  it("mergeCheckpoints() adds a difference, and takes text encoder and autoencoder from where it is told", async () => {
    const a = await opened("sd1");
    const [b, c] = [await altered(a, { factor: 0.5, shift: 0.25 }), await altered(a, { factor: 1, shift: -0.5 })];
    const of = (_: string, slot: NetworkSlot, x: number, y: number, z: number) =>
      ({ unet: x + 0.8 * (y - z), vae: x + 0.8 * (y - z), textEncoder: y, textEncoder2: NaN })[slot];
    const options = { method: "add-difference", weight: 0.8, textEncoder: "b", vae: "merge", type: "F32" } as const;
    below(await distances([a, b, c], options, of));
  });

  it("mergeCheckpoints() gives every block its own weight", async () => {
    const a = await opened("sd1");
    const b = await altered(a, { factor: 1, shift: 1 });
    const blockWeights = Array.from({ length: 26 }, (_, i) => (i + 1) / 32);
    const weightOf = mergeWeights({ weight: 0.5, blockWeights }, a.networks.unet.tensors.keys());
    const of = (name: string, slot: NetworkSlot, x: number) =>
      x + (slot === "vae" ? 0 : weightOf(slot === "unet" ? name : undefined));
    below(await distances([a, b], { blockWeights, type: "F32" }, of));
  });

  it("mergeCheckpoints() gives A's values when nothing of the others is in it, and tells what was mixed", async () => {
    const a = await opened("sdxl");
    await mergeCheckpoints([a, await altered(a, { factor: 2, shift: 1 })], to("merged"), { weight: 0 });
    for (const [slot, { tensors }] of Object.entries(a.networks))
      expect(await mergedTensors(slot as NetworkSlot)).toEqual(await values(tensors));
    await mergeCheckpoints([a, a], to("m.safetensors"), { blockWeights: Array<number>(20).fill(0.5) });
    const { metadata } = await readWeights(to("m.safetensors"));
    expect(JSON.parse(metadata.sd_merge_recipe)).toMatchObject({
      method: "weighted-sum",
      models: [{ name: "sdxl" }, {}],
    });
  });

  it("mergeCheckpoints() keeps the channels of an inpainting model that the others do not have", async () => {
    const [b, plain] = [await opened("sd1"), await opened("sd1")];
    const c = await altered(b, { factor: 1, shift: 1 });
    const name = "conv_in.weight";
    const own = tensor(
      [8, 9, 3, 3],
      new Float32Array(8 * 9 * 9).map((_, i) => Math.sin(i)),
    );
    await writeSafetensors(to("in.safetensors"), [[name, own]]);
    const { tensors } = await readWeights(to("in.safetensors"));
    const { unet } = plain.networks;
    const a = {
      ...plain,
      networks: { ...plain.networks, unet: { ...unet, tensors: new Map([...unet.tensors, ...tensors]) } },
    };
    await mergeCheckpoints([a, b, c], to("merged"), { method: "add-difference", weight: 1, type: "F32" });
    const merged = (await mergedTensors("unet")).get(name)!;
    expect(merged.dims).toEqual(own.dims);
    // B − C is −1 everywhere.
    const wanted = own.data.map((value, i) => value - (Math.floor(i / 9) % 9 < 4 ? 1 : 0));
    expect(Math.max(...merged.data.map((value, i) => Math.abs(value - wanted[i])))).toBeLessThan(1e-6);
    await expect(mergeCheckpoints([b, a], to("m"))).rejects.toThrow(
      /"conv_in.weight" of the unet is \[8,9,3,3\] there \(\[8,4,3,3\] is wanted\)/,
    );
  });

  it("mergeCheckpoints() says what does not go together, and leaves nothing behind", async () => {
    const [sd1, sd2] = await Promise.all(["sd1", "sd2"].map(opened));
    const merge = (models: Checkpoint[], options?: MergeOptions) => mergeCheckpoints(models, to("m"), options);
    await expect(merge([sd1, sd2])).rejects.toThrow(/the one is sd1, the other sd2/);
    await expect(merge([sd1])).rejects.toThrow(/1 models by weighted-sum \(2 are wanted\)/);
    await expect(merge([sd1, sd1], { blockWeights: [1, 2] })).rejects.toThrow(/2 weights for blocks \(26 are wanted/);
    await expect(merge([sd1, sd1], { weight: NaN })).rejects.toThrow(/the weight NaN/);
    const large = await altered(sd1, { factor: 1e38, shift: 1e38 });
    await expect(merge([sd1, large], { weight: 10 })).rejects.toThrow(/it overflows/);
    expect((await readdir(folder)).filter((name) => !name.endsWith(".safetensors"))).toEqual([]);
  });
});
