// Recomputing gives the same numbers in less memory.

import { expect, it } from "vitest";
import { graphOf } from "../graph/graph.ts";
import { add, multiply, silu } from "../graph/ops/elementwise.ts";
import { linear } from "../graph/ops/linear-algebra.ts";
import { mean, sum } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import { openEngine } from "../runtime/open-engine.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount } from "../tensor/tensor.ts";
import { gradients } from "./gradient.ts";

const [rows, width, depth] = [4096, 64, 40]; // 1 MiB a value, about 3 a layer

const wave = (dims: readonly number[], scale: number): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => scale * Math.sin(1.7 * i)),
});

/** The gradients' sums of squares, and by how much the engine's memory grew at most while computing them. */
async function train(recompute: boolean): Promise<{ squares: Float32Array; grownMb: number }> {
  const weights = Array.from({ length: depth }, (_, i) => input(`weight${i}`, [width, width]));
  let x = input("x", [rows, width]);
  for (const weight of weights) x = add(x, silu(linear(x, weight)));
  const found = gradients(mean(multiply(x, x)), weights, undefined, { recompute });
  const squares = found.map((g) => sum(multiply(g, g)));
  const feeds = {
    x: wave([rows, width], 1),
    ...Object.fromEntries(weights.map((_, i) => [`weight${i}`, wave([width, width], 0.02)])),
  };
  const engine = await openEngine({ device: "cpu", threads: 1 });
  try {
    const outputs = Object.fromEntries(squares.map((value, i) => [`square${i}`, value]));
    const network = await engine.load(graphOf("train", outputs), new Map(), { source: "no checkpoint" });
    const before = (await engine.memory())!.residentBytes;
    const results = await network.run(feeds);
    const { peakBytes } = (await engine.memory())!;
    return {
      squares: Float32Array.from(squares, (_, i) => results[`square${i}`].data[0]),
      grownMb: (peakBytes - before) / 2 ** 20,
    };
  } finally {
    await engine.close();
  }
}

it("gradients() take less than half the memory when most of the forward pass is recomputed", async () => {
  const [kept, recomputed] = [await train(false), await train(true)];
  expect(recomputed.squares).toEqual(kept.squares);
  expect(recomputed.grownMb).toBeLessThan(kept.grownMb / 2);
});
