// What a GPU is asked when an engine is opened, so that a missing adapter or a wrong kernel is found before a picture is.

import { graphOf } from "../graph/graph.ts";
import { attention } from "../graph/ops/attention.ts";
import { add } from "../graph/ops/elementwise.ts";
import { input } from "../graph/ops/source.ts";
import type { AnyTensor } from "../tensor/tensor.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { Engine } from "./engine.ts";
import { evaluate } from "./evaluate.ts";

/** Runs x + x. Throws Error when there is no adapter. */
export async function checkAdapter(engine: Engine): Promise<void> {
  const x = input("x", [1]);
  await evaluate(engine, graphOf("device check", { sum: add(x, x) }), { x: floats([1], () => 1) });
}

/**
 * Whether the fused attention kernel is right. Where all keys are equal, attention is the mean of the values. ONNX
 * Runtime's kernel takes as many keys at a time as the GPU has lanes in a subgroup, and is wrong below 8 lanes
 * (SwiftShader's 4); 40 keys are more than one turn of every GPU.
 */
export async function checkFusedAttention(engine: Engine): Promise<boolean> {
  const [tokens, width] = [40, 16];
  const names = ["q", "k", "v"];
  const [q, k, v] = names.map((name) => input(name, [1, tokens, width]));
  const feeds = {
    q: floats([1, tokens, width], (i) => i % 7),
    k: floats([1, tokens, width], () => 0),
    v: floats([1, tokens, width], (i) => i), // token·width + channel
  };
  const graph = graphOf("attention check", { mean: attention(q, k, v, { heads: 2 }) });
  try {
    const { mean } = await evaluate(engine, graph, feeds);
    return mean.data.every((value, i) => Math.abs(value - (((tokens - 1) / 2) * width + (i % width))) < 1e-2);
  } catch {
    return false; // the kernel is not there for this device
  }
}

const floats = (dims: readonly number[], value: (i: number) => number): AnyTensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => value(i)),
});
