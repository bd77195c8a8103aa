import { beforeAll, expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import { pixelShuffle, pixelUnshuffle } from "./pixel-shuffle.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

const [channels, height, width, r] = [2, 3, 2, 2];
const x = {
  dims: [1, channels * r * r, height, width],
  data: Float32Array.from({ length: channels * r * r * height * width }, (_, i) => i),
};

it("pixelShuffle() puts channel c·r² + i·r + j at row i, column j of each square when sizes are symbolic", async () => {
  const image = input("x", [1, channels * r * r, symbol("h"), symbol("w")]);
  const { y } = await evaluate(engine, graphOf("shuffle", { y: pixelShuffle(image, r) }), { x });
  expect(y.dims).toEqual([1, channels, r * height, r * width]);
  y.data.forEach((value, at) => {
    const [column, row] = [at % (r * width), Math.floor(at / (r * width)) % (r * height)];
    const c = Math.floor(at / (r * width * r * height));
    const channel = c * r * r + (row % r) * r + (column % r);
    expect(value).toBe((channel * height + Math.floor(row / r)) * width + Math.floor(column / r));
  });
});

it("pixelUnshuffle() undoes pixelShuffle() when sizes are symbolic, and leaves out what is over", async () => {
  const image = input("x", [1, channels * r * r, symbol("h"), symbol("w")]);
  const { y } = await evaluate(engine, graphOf("both", { y: pixelUnshuffle(pixelShuffle(image, r), r) }), { x });
  expect(y).toEqual(x);
  const odd = input("x", [1, 1, symbol("h"), symbol("w")]);
  const { z } = await evaluate(engine, graphOf("odd", { z: pixelUnshuffle(odd, 2) }), {
    x: { dims: [1, 1, 3, 3], data: Float32Array.from({ length: 9 }, (_, i) => i) },
  });
  expect(z).toEqual({ dims: [1, 4, 1, 1], data: Float32Array.of(0, 1, 3, 4) });
});
