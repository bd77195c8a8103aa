import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { parametersOf } from "../graph/graph.ts";
import type { Image } from "../image/image.ts";
import { upscalerGraph } from "../models/upscaler.ts";
import type { UpscalerConfig } from "../models/upscaler.ts";
import type { Engine } from "../runtime/engine.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { loadUpscaler } from "./upscale.ts";

let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await sharedEngine();
  folder = await mkdtemp(join(tmpdir(), "upscale-"));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A file of `config`'s network with weights by name and sizes. */
async function written(config: UpscalerConfig, weight: (name: string, dims: readonly number[]) => Float32Array) {
  const path = join(folder, `${Math.random()}.safetensors`);
  const tensors = parametersOf(upscalerGraph(config)).map(
    ({ name, dims }) => [name, tensor(dims, weight(name, dims))] as const,
  );
  await writeSafetensors(path, tensors);
  return path;
}
/** Bytes without a pattern. */
const noise = (width: number, height: number, channels: 3 | 4): Image => ({
  width,
  height,
  channels,
  data: Uint8Array.from({ length: width * height * channels }, (_, i) => (i * 2654435761) >>> 24),
});
const nearest = ({ width, height, channels, data }: Image, scale: number): Image => ({
  width: width * scale,
  height: height * scale,
  channels,
  data: Uint8Array.from({ length: data.length * scale ** 2 }, (_, i) => {
    const [c, x] = [i % channels, Math.floor(i / channels) % (width * scale)];
    const y = Math.floor(i / channels / (width * scale));
    return data[(Math.floor(y / scale) * width + Math.floor(x / scale)) * channels + c];
  }),
});
const srvgg: UpscalerConfig = { kind: "srvgg", imageChannels: 3, features: 4, convolutions: 1, scale: 2 };
const rrdb: UpscalerConfig = {
  kind: "rrdb",
  imageChannels: 3,
  features: 3,
  growth: 2,
  blocks: 1,
  doublings: 2,
  unshuffle: 1,
  scale: 4,
};
const zeros = (_: string, dims: readonly number[]) => new Float32Array(elementCount(dims));
/** A 3×3 convolution that copies channel c to channel c. */
const copying = (dims: readonly number[]) =>
  Float32Array.from({ length: elementCount(dims) }, (_, i) => {
    const [tap, pair] = [i % 9, Math.floor(i / 9)];
    return tap === 4 && pair % dims[1] === Math.floor(pair / dims[1]) ? 1 : 0;
  });

describe("upscale", () => {
  it("upscale() is the nearest-neighbour enlargement when a SRVGG's weights are 0", async () => {
    const { upscale, scale, unload } = await loadUpscaler(engine, await written(srvgg, zeros));
    const image = noise(5, 4, 4);
    image.data.forEach((_, i) => i % 4 === 3 && (image.data[i] |= 1)); // nothing quite transparent
    expect(scale).toBe(2);
    expect(await upscale(image)).toEqual(nearest(image, 2));
    await unload();
  });

  it("upscale() is 2.2 times the picture when an RRDB's dense blocks are 0 and all else copies", async () => {
    // Each dense block gives x, the block 0.2x + x, and the skip around all of them adds x.
    const path = await written(rrdb, (name, dims) =>
      name.endsWith("weight") && !name.startsWith("body") ? copying(dims) : zeros(name, dims),
    );
    const { upscale, unload } = await loadUpscaler(engine, path);
    const image = { ...noise(4, 3, 3), data: noise(4, 3, 3).data.map((value) => value >> 2) };
    const expected = nearest(image, 4);
    const { data } = await upscale(image);
    data.forEach((value, i) => expect(value).toBe(Math.round(expected.data[i] * 2.2)));
    await unload();
  });

  it.each([
    ["srvgg", srvgg, 4],
    ["rrdb", { ...rrdb, unshuffle: 2, scale: 2 }, 40],
  ] as const)(
    "upscale() gives the same in tiles when they overlap by the field of a %s",
    async (_, config, overlap) => {
      const generator = new TorchGenerator(1);
      const random = (name: string, dims: readonly number[]) =>
        name.endsWith("bias")
          ? zeros(name, dims)
          : Float32Array.from(generator.randn(elementCount(dims)), (value) => value * 0.2);
      const { upscale, unload } = await loadUpscaler(engine, await written(config, random));
      const image = noise(120, 18, 4);
      const whole = await upscale(image);
      const tiled = await upscale(image, { tile: 16, overlap });
      const worst = whole.data.reduce((most, value, i) => Math.max(most, Math.abs(value - tiled.data[i])), 0);
      expect([tiled.width, tiled.height]).toEqual([240, 36]);
      expect(worst).toBeLessThanOrEqual(1); // sums in another order, rounded to bytes
      expect(new Set(whole.data).size).toBeGreaterThan(20);
      await unload();
    },
  );

  it("upscale() reports each tile and stops when its signal is aborted", async () => {
    const { upscale, unload } = await loadUpscaler(engine, await written(srvgg, zeros));
    const seen: string[] = [];
    const controller = new AbortController();
    const run = upscale(noise(8, 8, 3), {
      tile: 4,
      overlap: 1,
      signal: controller.signal,
      onProgress({ done, total }) {
        seen.push(`${done}/${total}`);
        if (done === 2) controller.abort();
      },
    });
    await expect(run).rejects.toThrow("aborted");
    expect(seen).toEqual(["1/4", "2/4"]);
    await unload();
  });

  it("upscale() draws a sharper disc than nearest pixels when the network is the bundled one", async () => {
    const path = fileURLToPath(
      new URL("../../../sticker/upscaler/realesr-animevideov3-x4.safetensors", import.meta.url),
    );
    const { upscale, unload } = await loadUpscaler(engine, path);
    /** A red disc on white: each pixel by the part of its 16 samples inside. */
    const disc = (side: number): Image => ({
      width: side,
      height: side,
      channels: 3,
      data: Uint8Array.from({ length: 3 * side * side }, (_, i) => {
        let inside = 0;
        for (let sample = 0; sample < 16; sample++) {
          const x = ((Math.floor(i / 3) % side) + ((sample % 4) + 0.5) / 4) / side;
          const y = (Math.floor(i / 3 / side) + (Math.floor(sample / 4) + 0.5) / 4) / side;
          if ((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16) inside++;
        }
        return Math.round(255 - (inside / 16) * (i % 3 === 0 ? 35 : 215));
      }),
    });
    const [small, truth] = [disc(32), disc(128)];
    const error = ({ data }: Image) =>
      Math.sqrt(data.reduce((sum, value, i) => sum + (value - truth.data[i]) ** 2, 0) / data.length);
    expect(error(await upscale(small))).toBeLessThan(0.6 * error(nearest(small, 4)));
    await unload();
  });

  it("loadUpscaler() throws when the network takes other pictures", async () => {
    await expect(loadUpscaler(engine, await written({ ...srvgg, imageChannels: 1 }, zeros))).rejects.toThrow(
      "it takes pictures of 1 channels (3 are wanted)",
    );
  });
});
