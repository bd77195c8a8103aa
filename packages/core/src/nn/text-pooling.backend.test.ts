import { beforeAll, expect, it } from "vitest";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { temporaryPath, writeWeights } from "../../../../fixtures/temporary-weights.ts";
import { symbol } from "../graph/dim.ts";
import { graphOf, parametersOf } from "../graph/graph.ts";
import { input } from "../graph/ops/source.ts";
import { parameters } from "../graph/params.ts";
import type { Engine } from "../runtime/engine.ts";
import { evaluate } from "../runtime/evaluate.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { elementCount, tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { textPooling } from "./text-pooling.ts";

const random = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(elementCount(dims)) as Float32Array);

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

const [width, features, heads] = [6, 4, 3];

/** The same for one text, its states row by row, in float64. */
function oracle(states: readonly (readonly number[])[], weights: ReadonlyMap<string, Tensor>): number[] {
  const of = (name: string) => Array.from(weights.get(name)!.data);
  const linear = (x: readonly number[], name: string) =>
    of(`${name}.bias`).map((bias, o) =>
      x.reduce((sum, v, i) => sum + v * of(`${name}.weight`)[o * x.length + i], bias),
    );
  const layerNorm = (x: readonly number[], name: string) => {
    const mean = x.reduce((a, b) => a + b) / x.length;
    const deviation = Math.sqrt(x.reduce((sum, v) => sum + (v - mean) ** 2, 0) / x.length + 1e-5);
    return x.map((v, i) => ((v - mean) / deviation) * of(`${name}.weight`)[i] + of(`${name}.bias`)[i]);
  };
  const tokens = states.map((state) => layerNorm(state, "norm1"));
  const place = of("pool.positional_embedding");
  const middle = place.map((p, i) => p + tokens.reduce((sum, token) => sum + token[i], 0) / tokens.length);
  const all = [middle, ...tokens];
  const query = linear(middle, "pool.q_proj");
  const [keys, values] = ["pool.k_proj", "pool.v_proj"].map((name) => all.map((token) => linear(token, name)));
  const headWidth = width / heads;
  const pooled = query.map((_, i) => {
    const own = Array.from({ length: headWidth }, (_, j) => Math.floor(i / headWidth) * headWidth + j);
    const scores = keys.map((key) =>
      Math.exp(own.reduce((sum, j) => sum + query[j] * key[j], 0) / Math.sqrt(headWidth)),
    );
    const total = scores.reduce((a, b) => a + b);
    return values.reduce((sum, value, t) => sum + (scores[t] / total) * value[i], 0);
  });
  return layerNorm(linear(pooled, "proj"), "norm2");
}

it("textPooling() is attention of the mean token to all, as diffusers' TextTimeEmbedding writes it", async () => {
  const states = input("states", [symbol("n"), symbol("tokens"), width]);
  const graph = graphOf("text_pooling", { out: textPooling(parameters(), states, { features, heads }) });
  const weights = new Map(parametersOf(graph).map(({ name, dims }, i) => [name, random(dims, i)]));
  expect([...weights].map(([name, { dims }]) => `${name} ${dims}`).sort()).toEqual([
    "norm1.bias 6",
    "norm1.weight 6",
    "norm2.bias 4",
    "norm2.weight 4",
    "pool.k_proj.bias 6",
    "pool.k_proj.weight 6,6",
    "pool.positional_embedding 1,6",
    "pool.q_proj.bias 6",
    "pool.q_proj.weight 6,6",
    "pool.v_proj.bias 6",
    "pool.v_proj.weight 6,6",
    "proj.bias 4",
    "proj.weight 4,6",
  ]);
  const { tensors } = await writeWeights(temporaryPath("pooling.safetensors"), Object.fromEntries(weights));
  const given = random([2, 5, width], 100);
  const { out } = await evaluate(engine, graph, { states: given }, { tensors });
  const rows = Array.from({ length: 10 }, (_, i) => Array.from(given.data.slice(i * width, (i + 1) * width)));
  const wanted = [rows.slice(0, 5), rows.slice(5)].flatMap((text) => oracle(text, weights));
  expect(out.dims).toEqual([2, features]);
  out.data.forEach((value, i) => expect(value).toBeCloseTo(wanted[i], 4));
});
