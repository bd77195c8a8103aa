import { rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { alteredModel } from "../../../../fixtures/altered-model.ts";
import { sharedModel } from "../../../../fixtures/shared-engine.ts";
import type { Image } from "../image/image.ts";
import { lincomb } from "../tensor/lincomb.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import type { ImageEvent } from "./events.ts";
import type { GenerateInputs, Model } from "./model.ts";
import { load } from "./model.ts";
import type { GenerateOptions } from "./options.ts";

const quick = { prompt: "a red fox, asleep", negativePrompt: "grey", width: 64, height: 64, seed: 7, sampler: "euler" };
const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)) as Float32Array);
const largest = (a: Float32Array, b: Float32Array) => Math.max(...a.map((value, i) => Math.abs(value - b[i])));

const opened: Model[] = [];
const folders: string[] = [];
let sd1: Model;
beforeAll(async () => {
  sd1 = await sharedModel("sd1");
});
afterAll(async () => {
  for (const model of opened) await model.close();
  for (const folder of folders) rmSync(folder, { recursive: true });
});
async function open(path: string): Promise<Model> {
  const model = await load(path, { device: "cpu", threads: 1 });
  opened.push(model);
  return model;
}

type Asked = Partial<GenerateOptions & GenerateInputs>;
const picture = async (options: Asked, model = sd1): Promise<ImageEvent> =>
  (await model.generate({ ...quick, steps: 2, ...options } as GenerateOptions)).images[0];
const latents = async (options: Asked, model = sd1) => (await picture(options, model)).latents.data;

describe("generate() with guidance", () => {
  let plain: Float32Array;
  beforeAll(async () => void (plain = await latents({})));

  it("makes the same bytes when every method is off, and the same picture by neutral settings", async () => {
    expect(await latents({ pagScale: 0, sagScale: 0, guidanceMethod: "cfg", guidanceSteps: [0, 1] })).toEqual(plain);
    const neutral = { apgEta: 1, apgNorm: 0, apgMomentum: 0 };
    expect(largest(await latents({ guidanceMethod: "apg", ...neutral }), plain)).toBeLessThan(1e-4);
    expect(largest(await latents({ guidanceMethod: "dynamic_thresholding", mimicScale: 7.5 }), plain)).toBeLessThan(
      1e-4,
    );
  });

  it.each([
    { guidanceMethod: "apg" },
    { guidanceMethod: "cfg_zero" },
    { guidanceMethod: "perp_neg", negativeScale: 2 },
    { guidanceMethod: "dynamic_thresholding", mimicScale: 2 },
    { guidanceSteps: [0, 0.5] },
    { pagScale: 3, pagLayers: ["up_blocks.1", "down_blocks.0.attentions.1"] },
  ] as const)("is another picture, batched as one after the other, when asked for %j", async (options) => {
    const batched = await latents({ ...options, guidanceBatching: "batched" } as Asked);
    const sequential = await latents({ ...options, guidanceBatching: "sequential" } as Asked);
    expect(largest(batched, plain)).toBeGreaterThan(1e-4);
    expect(largest(batched, sequential)).toBeLessThan(1e-4);
  });

  it("is another picture by FreeU's factors, and the same by factors of 1", async () => {
    expect(largest(await latents({ freeu: [1, 1, 1, 1] }), plain)).toBeLessThan(1e-4);
    expect(largest(await latents({ freeu: [1.5, 1.6, 0.9, 0.2] }), plain)).toBeGreaterThan(1e-2);
  });

  it("makes the picture of guidance 1 when guidance acts in no step", async () => {
    const unguided = await latents({ guidanceScale: 1 });
    expect(await latents({ guidanceSteps: [0.3, 0.3] })).toEqual(unguided);
    expect(await latents({ guidanceSigmas: [1e6, 1e7] })).toEqual(unguided);
  });

  it.each([
    ["pagScale", { pagLayers: ["up_blocks.1"] }],
    ["sagScale", { width: 128 }],
  ] as const)("moves one step in proportion to %s", async (name, options) => {
    const at = (scale: number) => latents({ ...options, steps: 1, guidanceScale: 1, [name]: scale } as Asked);
    const [one, two, three] = [await at(1), await at(2), await at(3)];
    expect(largest(two, one)).toBeGreaterThan(1e-4);
    expect(largest(three, lincomb([2, two], [-1, one]))).toBeLessThan(1e-3);
  });

  it.each([
    [{ guidanceMethod: "cfg", apgEta: 0.5 }, /^Cannot guide by cfg with apgEta: .*guidance method apg does/],
    [{ guidanceMethod: "instruct_pix2pix" }, /^Cannot guide by instruct_pix2pix: the UNet takes no picture/],
    [{ guidanceSigmas: [0, 1], guidanceSteps: [0, 1] }, /^Cannot guide in both guidanceSigmas and guidanceSteps/],
    [{ pagLayers: ["mid"] }, /^Cannot perturb pagLayers: pagScale is 0/],
    [{ pagScale: 1, pagLayers: ["middle"] }, /^Cannot perturb attention in "middle": the UNet has no such layer/],
    [{ tiledDiffusion: "mixture", tiling: "x" }, /^Cannot generate with tiledDiffusion and tiling/],
    [{ tileOverlap: 0.3 }, /^Cannot generate with tileOverlap alone/],
    [{ attentionSteps: [1] }, /^Cannot generate with attentionSteps alone/],
    [{ attention: true, attentionSteps: [9] }, /^Cannot tell the attention of step 9: the run has 2 steps/],
    [{ depth: { width: 1, height: 1, channels: 3, data: new Uint8Array(3) } }, /its UNet takes no depth map/],
  ] as readonly [Asked, RegExp][])("refuses %j", async (wrong, message) => {
    await expect(latents(wrong)).rejects.toThrow(message);
  });
});

describe("generate() with tiling", () => {
  /** x [1,C,h,w] moved down and right, what leaves coming in again. */
  const rolled = ({ dims, data }: Tensor, down: number, right: number): Tensor => {
    const [, , h, w] = dims;
    const moved = tensor(dims);
    data.forEach((value, i) => {
      const [y, x] = [Math.floor(i / w) % h, i % w];
      moved.data[i - (y * w + x) + ((y + down) % h) * w + ((x + right) % w)] = value;
    });
    return moved;
  };
  const start = random([1, 4, 16, 16], 3);
  const options = { width: 128, height: 128, denoisingStart: 0.5 };

  it.each([
    ["x", 0, 8],
    ["xy", 8, 8],
  ] as const)("%s moves the picture with its start", async (tiling, down, right) => {
    const made = await picture({ ...options, tiling, init: start });
    const moved = await picture({ ...options, tiling, init: rolled(start, down, right) });
    expect(largest(moved.latents.data, rolled(made.latents, down, right).data)).toBeLessThan(1e-3);
    // The autoencoder too: eight pixels for a latent.
    const { data } = made.image!;
    const worst = moved.image!.data.reduce((most, value, i) => {
      const [y, x, c] = [Math.floor(i / 384), Math.floor(i / 3) % 128, i % 3];
      const from = (((y - 8 * down + 128) % 128) * 128 + ((x - 8 * right + 128) % 128)) * 3 + c;
      return Math.max(most, Math.abs(value - data[from]));
    }, 0);
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("does nothing to pictures made without it", async () => {
    const made = await picture({ ...options, init: start });
    const moved = await picture({ ...options, init: rolled(start, 8, 8) });
    expect(largest(moved.latents.data, rolled(made.latents, 8, 8).data)).toBeGreaterThan(1e-2);
  });
});

describe("generate() with tiledDiffusion", () => {
  it("is the whole picture when one window holds it", async () => {
    expect(largest(await latents({ tiledDiffusion: "multidiffusion", tileSize: 64 }), await latents({}))).toBeLessThan(
      1e-5,
    );
  });

  it("makes pictures larger than its windows, which guidance sees whole", async () => {
    const wide = { width: 160, tiledDiffusion: "mixture", tileSize: 64, guidanceRescale: 0.5 } as const;
    const made = await picture(wide);
    expect([made.image!.width, made.image!.height]).toEqual([160, 64]);
    expect(largest(made.latents.data, await latents({ width: 160, guidanceRescale: 0.5 }))).toBeGreaterThan(1e-3);
  });
});

describe("generate() with attention", () => {
  it("tells where each word was looked at, its shares summing to those of all tokens", async () => {
    const plain = await picture({});
    const { attention, latents: same } = await picture({ attention: true });
    expect(largest(same.data, plain.latents.data)).toBeLessThan(1e-5);
    expect(attention!.map(({ steps }) => steps)).toEqual([[1, 2]]);
    expect(attention![0].words.map(({ word }) => word)).toEqual(["a", "red", "fox", "asleep"]);
    for (const { heat } of attention![0].words) {
      expect(heat.dims).toEqual([1, 1, 8, 8]);
      expect(heat.data.every((value) => value > 0 && value < 1)).toBe(true);
    }
  });

  it("tells it for the steps that are asked for, which average to all", async () => {
    const all = (await picture({ attention: true })).attention![0].words[1].heat.data;
    const [first, second] = (await picture({ attention: true, attentionSteps: [1, 2] })).attention!;
    expect([first.steps, second.steps]).toEqual([[1], [2]]);
    expect(largest(lincomb([0.5, first.words[1].heat.data], [0.5, second.words[1].heat.data]), all)).toBeLessThan(1e-6);
  });
});

describe("generate() with models of other channels", () => {
  /** sd1 with `extra` more channels, whose weights are `weight` at random. */
  async function withChannels(extra: number, weight: number, config: object = {}): Promise<Model> {
    const folder = await alteredModel("sd1", {
      config: { in_channels: 4 + extra, ...config },
      alter(tensors) {
        const before = tensors.get("conv_in.weight")!;
        const [features] = before.dims;
        const after = random([features, 4 + extra, 3, 3], 1);
        after.data.forEach((value, i) => (after.data[i] = weight * value));
        for (let f = 0; f < features; f++)
          after.data.set(before.data.subarray(f * 36, (f + 1) * 36), f * (4 + extra) * 9);
        return new Map([...tensors, ["conv_in.weight", after]]);
      },
    });
    folders.push(folder);
    return open(folder);
  }
  const init: Image = {
    width: 64,
    height: 64,
    channels: 3,
    data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 37) % 256),
  };

  it("edits by instruction: without weight on the picture it is text to image, and with it both scales count", async () => {
    const blind = await withChannels(4, 0);
    expect(largest(await latents({ init }, blind), await latents({}))).toBeLessThan(1e-4);
    const seeing = await withChannels(4, 0.3);
    const one = { init, steps: 1 };
    const at = (guidanceScale: number, imageGuidanceScale: number) =>
      latents({ ...one, guidanceScale, imageGuidanceScale }, seeing);
    // One Euler step is linear in u + w·(c − i) + wᵢ·(i − u).
    const base = await at(2, 1);
    const corner = lincomb([1, await at(3, 1)], [1, await at(2, 2)], [-1, base]);
    expect(largest(await at(3, 2), corner)).toBeLessThan(1e-3);
    expect(largest(await at(2, 2), base)).toBeGreaterThan(1e-3);
    await expect(latents({}, seeing)).rejects.toThrow(/it edits pictures by instruction, and there is none/);
    await expect(latents({ init, guidanceMethod: "apg" }, seeing)).rejects.toThrow(
      /^Cannot guide by apg: the model edits/,
    );
  });

  it("paints after a depth picture: without weight on it it is image to image", async () => {
    const blind = await withChannels(1, 0);
    const given = { init, strength: 1, depth: init };
    expect(largest(await latents(given, blind), await latents({ init, strength: 1 }))).toBeLessThan(1e-4);
    const seeing = await withChannels(1, 0.3);
    const dark = { ...init, data: init.data.map((value) => value >> 1) };
    // Depth is stretched to its range: halving it changes next to nothing.
    const once = await latents({ depth: init }, seeing);
    expect(largest(await latents({ depth: dark }, seeing), once)).toBeLessThan(0.1);
    expect(largest(once, await latents({}))).toBeGreaterThan(1e-3);
    await expect(latents({}, seeing)).rejects.toThrow(/it needs a depth map/);
  });

  it("tells distilled models the guidance scale: without weight on it they are unguided", async () => {
    const distilled = async (weight: number) => {
      const folder = await alteredModel("sd1", {
        config: { time_cond_proj_dim: 6 },
        alter: (tensors) => {
          const projection = random([8, 6], 2);
          projection.data.forEach((value, i) => (projection.data[i] = weight * value));
          return new Map([...tensors, ["time_embedding.cond_proj.weight", projection]]);
        },
      });
      folders.push(folder);
      return open(folder);
    };
    expect(largest(await latents({}, await distilled(0)), await latents({ guidanceScale: 1 }))).toBeLessThan(1e-5);
    const seeing = await distilled(1);
    expect(
      largest(await latents({ guidanceScale: 8 }, seeing), await latents({ guidanceScale: 2 }, seeing)),
    ).toBeGreaterThan(1e-4);
  });
});
