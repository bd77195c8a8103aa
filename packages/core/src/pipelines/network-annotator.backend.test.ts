// The networks at tiny sizes against plain loops in float64.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import type { Graph } from "../graph/graph.ts";
import { parametersOf } from "../graph/graph.ts";
import type { Image } from "../image/image.ts";
import { hedGraph } from "../models/hed.ts";
import type { HedConfig } from "../models/hed.ts";
import { lineDrawingGraph } from "../models/line-drawing.ts";
import type { LineDrawingConfig } from "../models/line-drawing.ts";
import type { Engine } from "../runtime/engine.ts";
import { writeSafetensors } from "../safetensors/write.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { loadAnnotator } from "./network-annotator.ts";

const hedConfig: HedConfig = {
  kind: "hed",
  stages: [
    { features: 2, convolutions: 2 },
    { features: 3, convolutions: 1 },
    { features: 2, convolutions: 1 },
  ],
};
const drawingConfig: LineDrawingConfig = { kind: "line-drawing", features: 2, blocks: 2 };

/** Random weights for every parameter of `graph`, in a file `name`. */
async function randomFile(graph: Graph, name: string): Promise<{ path: string; weights: Map<string, Tensor> }> {
  const random = new TorchGenerator(1);
  const weights = new Map(
    parametersOf(graph).map(({ name: key, dims }) => {
      // HED sees bytes.
      const size = key === "block1.convs.0.weight" ? 0.004 : 0.4;
      return [
        key,
        tensor(
          dims,
          Float32Array.from(random.randn(elementCount(dims)), (value) => value * size),
        ),
      ];
    }),
  );
  const path = join(folder, name);
  await writeSafetensors(path, weights);
  return { path, weights };
}

let folder: string;
let engine: Engine;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "noisette-"));
  engine = await sharedEngine();
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Channels of rows of values. */
type Planes = number[][][];

const filled = (channels: number, height: number, width: number, value: (c: number, y: number, x: number) => number) =>
  Array.from({ length: channels }, (_, c) =>
    Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => value(c, y, x))),
  );
const mapped = (planes: Planes, change: (value: number, c: number) => number): Planes =>
  planes.map((rows, c) => rows.map((row) => row.map((value) => change(value, c))));
const relu = (planes: Planes) => mapped(planes, (value) => Math.max(0, value));

/** A convolution; beyond the picture are zeros, or it is mirrored. */
function convolved(
  x: Planes,
  { dims: [features, channels, kernel], data }: Tensor,
  bias: Tensor | undefined,
  { stride = 1, mirror = false }: { stride?: number; mirror?: boolean } = {},
): Planes {
  const [height, width, reach] = [x[0].length, x[0][0].length, (kernel - 1) / 2];
  const inside = (i: number, size: number) => (!mirror ? i : i < 0 ? -i : i >= size ? 2 * (size - 1) - i : i);
  return filled(features, Math.ceil(height / stride), Math.ceil(width / stride), (f, y, u) => {
    let sum = bias === undefined ? 0 : bias.data[f];
    for (let c = 0; c < channels; c++)
      for (let j = 0; j < kernel; j++)
        for (let k = 0; k < kernel; k++) {
          const row = inside(y * stride + j - reach, height);
          const column = inside(u * stride + k - reach, width);
          sum += (x[c][row]?.[column] ?? 0) * data[((f * channels + c) * kernel + j) * kernel + k];
        }
    return sum;
  });
}

const picture = (width: number, height: number): Image => ({
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: 3 * width * height }, (_, i) => (i * 37 + (i >> 3) * 101) % 256),
});
const planesOf = ({ width, height, data }: Image, scale: number) =>
  filled(3, height, width, (c, y, x) => data[3 * (y * width + x) + c] / scale);

describe("loadAnnotator()", () => {
  it("loadAnnotator() draws the sigmoid of the mean of all stages when the file is HED's", async () => {
    const { path, weights } = await randomFile(hedGraph(hedConfig), "hed.safetensors");
    const image = picture(9, 7);
    const { kind, annotate } = await loadAnnotator(engine, path);
    expect(kind).toBe("hed");
    const made = await annotate(image);

    const norm = weights.get("norm")!.data;
    let h: Planes = mapped(planesOf(image, 1), (value, c) => value - norm[c]);
    const maps: Planes[] = [];
    hedConfig.stages.forEach(({ convolutions }, i) => {
      const at = `block${i + 1}`;
      if (i > 0)
        h = filled(h.length, h[0].length >> 1, h[0][0].length >> 1, (c, y, x) =>
          Math.max(...[0, 1].flatMap((j) => h[c][2 * y + j].slice(2 * x, 2 * x + 2))),
        );
      for (let j = 0; j < convolutions; j++)
        h = relu(convolved(h, weights.get(`${at}.convs.${j}.weight`)!, weights.get(`${at}.convs.${j}.bias`)));
      maps.push(convolved(h, weights.get(`${at}.projection.weight`)!, weights.get(`${at}.projection.bias`)));
    });
    /** Between the four places around the middle of a pixel. */
    const bilinear = ([map]: Planes, y: number, x: number) => {
      const along = (i: number, from: number, to: number) => {
        const place = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
        return [Math.floor(place), Math.min(Math.floor(place) + 1, from - 1), place % 1] as const;
      };
      const [top, bottom, down] = along(y, map.length, image.height);
      const [left, right, across] = along(x, map[0].length, image.width);
      const line = (row: number[]) => (1 - across) * row[left] + across * row[right];
      return (1 - down) * line(map[top]) + down * line(map[bottom]);
    };
    const wanted = filled(1, image.height, image.width, (_, y, x) => {
      const mean = maps.reduce((sum, map) => sum + bilinear(map, y, x), 0) / maps.length;
      return 255 / (1 + Math.exp(-mean));
    }).flat(2);
    wanted.forEach((value, i) => expect(Math.abs(made.data[3 * i] - Math.floor(value))).toBeLessThanOrEqual(1));
    expect(new Set(made.data).size).toBeGreaterThan(10);
  });

  it("loadAnnotator() draws the negative of the generator's drawing when the file is lineart's", async () => {
    const { path, weights } = await randomFile(lineDrawingGraph(drawingConfig), "sk_model.safetensors");
    const image = picture(20, 16);
    const { kind, annotate } = await loadAnnotator(engine, path);
    expect(kind).toBe("line-drawing");
    const made = await annotate(image);

    const convolve = (at: string, x: Planes, options: { stride?: number; mirror?: boolean }) =>
      convolved(x, weights.get(`${at}.weight`)!, weights.get(`${at}.bias`), options);
    const normalized = (planes: Planes): Planes =>
      planes.map((rows) => {
        const values = rows.flat();
        const mean = values.reduce((a, b) => a + b) / values.length;
        const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
        return rows.map((row) => row.map((value) => (value - mean) / Math.sqrt(variance + 1e-5)));
      });
    /** Zeros between the values and a turned kernel: what torch's ConvTranspose2d is. */
    const doubled = (at: string, x: Planes): Planes => {
      const { dims, data } = weights.get(`${at}.weight`)!;
      const [inputs, outputs] = dims;
      const turned = tensor([outputs, inputs, 3, 3]);
      for (let c = 0; c < inputs; c++)
        for (let f = 0; f < outputs; f++)
          for (let k = 0; k < 9; k++) turned.data[(f * inputs + c) * 9 + k] = data[(c * outputs + f) * 9 + 8 - k];
      const spread = filled(x.length, 2 * x[0].length, 2 * x[0][0].length, (c, y, u) =>
        y % 2 === 0 && u % 2 === 0 ? x[c][y / 2][u / 2] : 0,
      );
      return convolved(spread, turned, weights.get(`${at}.bias`));
    };
    let h = relu(normalized(convolve("model0.1", planesOf(image, 255), { mirror: true })));
    for (const at of ["model1.0", "model1.3"]) h = relu(normalized(convolve(at, h, { stride: 2 })));
    for (let i = 0; i < drawingConfig.blocks; i++) {
      const inner = relu(normalized(convolve(`model2.${i}.conv_block.1`, h, { mirror: true })));
      const added = normalized(convolve(`model2.${i}.conv_block.5`, inner, { mirror: true }));
      h = filled(h.length, h[0].length, h[0][0].length, (c, y, x) => h[c][y][x] + added[c][y][x]);
    }
    for (const at of ["model3.0", "model3.3"]) h = relu(normalized(doubled(at, h)));
    const wanted = convolve("model4.1", h, { mirror: true }).flat(2);
    wanted.forEach((value, i) => {
      expect(Math.abs(made.data[3 * i] - Math.floor(255 - 255 / (1 + Math.exp(-value))))).toBeLessThanOrEqual(1);
    });
    expect(new Set(made.data).size).toBeGreaterThan(10);
    const odd = await annotate(picture(18, 17));
    expect([odd.width, odd.height]).toEqual([18, 17]);
  });

  it("loadAnnotator() throws when the file is another network or the picture is too small", async () => {
    const { path } = await randomFile(hedGraph(hedConfig), "small.safetensors");
    const { annotate } = await loadAnnotator(engine, path);
    await expect(annotate(picture(3, 20))).rejects.toThrow("sides of 4 and more are wanted");
    const strange = join(folder, "strange.safetensors");
    await writeSafetensors(strange, new Map([["conv.weight", tensor([1])]]));
    await expect(loadAnnotator(engine, strange)).rejects.toThrow('it has no "model0.1.weight"');
  });
});
