// What a large matrix product reaches on an engine: the measure for all other figures, since a machine's speed drifts.

import { graphOf } from "@noisette/core/graph/graph";
import { matmul } from "@noisette/core/graph/ops/linear-algebra";
import { slice } from "@noisette/core/graph/ops/shape";
import { input } from "@noisette/core/graph/ops/source";
import type { Engine } from "@noisette/core/runtime/engine";
import { tensor } from "@noisette/core/tensor/tensor";

/** A function that gives the GFLOP/s of x·w four times over for matrices of `size`², the better of two runs. */
export async function matmulProbe(engine: Engine, size = 2048): Promise<() => Promise<number>> {
  const products = 4;
  const dims = [size, size];
  const w = input("w", dims);
  let y = input("x", dims);
  for (let i = 0; i < products; i++) y = matmul(y, w);
  const graph = graphOf("product", { row: slice(y, { axis: 0, start: 0, end: 1 }) });
  const network = await engine.load(graph, new Map(), { source: "probe" });
  const values = Float32Array.from({ length: size * size }, (_, i) => Math.sin(i) / size);
  const residents = await engine.hold({ x: tensor(dims, values), w: tensor(dims, values) });
  return async () => {
    const times: number[] = [];
    for (let run = 0; run < 2; run++) {
      const start = performance.now();
      await network.run({}, { residents });
      times.push(performance.now() - start);
    }
    return (products * 2 * size ** 3) / Math.min(...times) / 1e6;
  };
}
