import { beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { freeU } from "./free-u.ts";

const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)) as Float32Array);

/** The reference's filter on one map: Fourier transform, the square of two about the centre of the shifted spectrum times s, back. */
function filtered(map: Float32Array, [height, width]: readonly [number, number], s: number): Float32Array {
  const low = (size: number) => {
    const center = Math.floor(size / 2);
    // Python's slice [center − 1 : center + 1] of the shifted axis, whose index i is frequency i − center.
    const shifted = size === 1 ? [0] : [center - 1, center];
    return new Set(shifted.map((i) => (((i - center) % size) + size) % size));
  };
  const [rows, columns] = [low(height), low(width)];
  const result = new Float32Array(map.length);
  for (let fy = 0; fy < height; fy++) {
    for (let fx = 0; fx < width; fx++) {
      const scale = rows.has(fy) && columns.has(fx) ? s : 1;
      const phase = (i: number) => 2 * Math.PI * ((fy * Math.floor(i / width)) / height + (fx * (i % width)) / width);
      let [re, im] = [0, 0];
      map.forEach((value, i) => ((re += value * Math.cos(phase(i))), (im -= value * Math.sin(phase(i)))));
      for (let i = 0; i < map.length; i++)
        result[i] += (scale * (re * Math.cos(phase(i)) - im * Math.sin(phase(i)))) / map.length;
    }
  }
  return result;
}

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

describe("freeU()", () => {
  const dims = (channels: number) => [symbol("n"), channels, symbol("h"), symbol("w")];
  const [b, s] = ["b", "s"].map((name) => input(name, [1]));
  const [x, skipped] = freeU(input("x", dims(5)), input("skipped", dims(3)), { backbone: b, skip: s });

  it.each([
    [1, 1],
    [1, 4],
    [2, 2],
    [3, 5],
    [8, 6],
  ] as const)("scales half of the backbone and the low frequencies of %i×%i skipped features", async (h, w) => {
    const feeds = {
      x: random([2, 5, h, w], 1),
      skipped: random([2, 3, h, w], 2),
      b: tensor([1], Float32Array.of(1.5)),
      s: tensor([1], Float32Array.of(0.2)),
    };
    const out = await evaluate(engine, graphOf("free_u", { backbone: x, skips: skipped }), feeds);
    const place = h * w;
    out.backbone.data.forEach((value, i) => {
      const channel = Math.floor(i / place) % 5;
      expect(value).toBeCloseTo(feeds.x.data[i] * (channel < 2 ? 1.5 : 1), 5);
    });
    for (let map = 0; map < 6; map++) {
      const expected = filtered(feeds.skipped.data.subarray(map * place, (map + 1) * place), [h, w], 0.2);
      expected.forEach((value, i) => expect(out.skips.data[map * place + i]).toBeCloseTo(value, 4));
    }
  });

  it("changes nothing at factors of 1", async () => {
    const one = tensor([1], Float32Array.of(1));
    const feeds = { x: random([1, 5, 4, 4], 1), skipped: random([1, 3, 4, 4], 2), b: one, s: one };
    const out = await evaluate(engine, graphOf("free_u", { backbone: x, skips: skipped }), feeds);
    expect(out.backbone.data).toEqual(feeds.x.data);
    expect(out.skips.data).toEqual(feeds.skipped.data);
  });
});
