// Every rule against central differences, first and second order, on the cases of the operator table.

import { beforeAll, describe, expect, it } from "vitest";
import { operatorCases } from "../../../../fixtures/operator-cases.ts";
import type { OperatorCase } from "../../../../fixtures/operator-cases.ts";
import { sharedEngine } from "../../../../fixtures/shared-engine.ts";
import { graphOf } from "../graph/graph.ts";
import { add, multiply } from "../graph/ops/elementwise.ts";
import { sum } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import type { Engine } from "../runtime/engine.ts";
import { elementCount } from "../tensor/tensor.ts";
import type { AnyTensor, Tensor } from "../tensor/tensor.ts";
import { gradients } from "./gradient.ts";

let engine: Engine;
beforeAll(async () => void (engine = await sharedEngine()));

type Feeds = Readonly<Record<string, AnyTensor>>;

/** Numbers in [-1, 1], different for each `seed`. */
const wave = (dims: readonly number[], seed: number): Tensor => ({
  dims,
  data: Float32Array.from({ length: elementCount(dims) }, (_, i) => Math.sin(12.9898 * (i + 1) * seed + seed)),
});
const dot = (a: readonly Tensor[], b: readonly Tensor[]): number =>
  a.reduce((total, { data }, i) => data.reduce((sum, x, j) => sum + x * b[i].data[j], total), 0);
const norm = (a: readonly Tensor[]): number => Math.sqrt(dot(a, a));

/** Corners closer than a step would spoil the difference. */
const cornered = new Set([
  "abs",
  "leakyRelu",
  "less",
  "max",
  "maximum",
  "maxPool2d",
  "minimum",
  "relu",
  "sign",
  "where",
]);
/** Cases without a derivative to compare with: borders on purpose, and jumps at every integer. */
const excluded = (name: string) => name.startsWith("stopGradient") || name.startsWith("cast() from float32 to int64");

const cases = operatorCases.filter(({ name, graph }) => !excluded(name) && floatInputs(graph).length > 0);

it.each(cases)("gradients() of $name is its central difference, in both orders", async (operatorCase) => {
  const { graph, feeds, expected } = operatorCase;
  const { y } = graph.outputs;
  const inputs = floatInputs(graph);
  const names = inputs.map(({ attributes }) => (attributes as { name: string }).name);

  // First order: y·seed along one direction. Second order: that slope along another.
  const seed = input("seed", y.dims);
  const first = gradients(y, inputs, seed);
  const along = inputs.map(({ dims }, i) => input(`along${i}`, dims));
  const slope = first.map((gradient, i) => sum(multiply(gradient, along[i]))).reduce((a, b) => add(a, b));
  const second = gradients(slope, inputs);
  expect(first.map(({ dims }) => dims)).toEqual(inputs.map(({ dims }) => dims));

  const outputs = { y, ...named("first", first), ...named("second", second), slope };
  const network = await engine.load(graphOf("gradients", outputs), new Map(), { source: "no checkpoint" });
  const [directions, others] = [0.7, 0.3].map((seed) => names.map((name, i) => wave(feeds[name].dims, i + seed)));
  const all: Feeds = {
    ...feeds,
    seed: wave(expected.dims, 0.5),
    ...Object.fromEntries(directions.map((direction, i) => [`along${i}`, direction])),
  };
  const h = graph.values.some(({ op }) => cornered.has(op.name)) ? 5e-4 : 0.02;
  /** dL/dε at 0 of L(x + ε·towards), to fourth order. */
  const difference = async (towards: readonly Tensor[], loss: (results: Record<string, Tensor>) => number) => {
    const at = async (distance: number) => {
      const moved = names.map((name, i) => [name, shifted(feeds[name], towards[i], distance)]);
      return loss(await network.run({ ...all, ...Object.fromEntries(moved) }));
    };
    return (8 * ((await at(h)) - (await at(-h))) - ((await at(2 * h)) - (await at(-2 * h)))) / (12 * h);
  };
  const results = await network.run(all);
  const gradient = (order: string) => names.map((_, i) => results[`${order}${i}`]);
  const firstDifference = await difference(directions, ({ y }) => dot([y], [all.seed as Tensor]));
  const secondDifference = await difference(others, (moved) =>
    dot(
      names.map((_, i) => moved[`first${i}`]),
      directions,
    ),
  );
  await network.unload();
  // float32 results, divided by the step; what a wrong rule does is of order one.
  expect(error(gradient("first"), directions, firstDifference)).toBeLessThan(4e-3);
  expect(error(gradient("second"), others, secondDifference)).toBeLessThan(4e-3);
});

/** How far gradient·direction is from the difference, relative to the size such a product usually has. */
function error(gradient: readonly Tensor[], direction: readonly Tensor[], difference: number): number {
  const count = gradient.reduce((total, { data }) => total + data.length, 0);
  const usual = (norm(gradient) * norm(direction)) / Math.sqrt(count);
  return Math.abs(dot(gradient, direction) - difference) / Math.max(usual, 0.1);
}

function floatInputs({ values }: OperatorCase["graph"]) {
  return values.filter(({ op, type }) => op.name === "input" && type === "float32");
}

const shifted = ({ dims, data }: AnyTensor, towards: Tensor, distance: number): Tensor => ({
  dims,
  data: Float32Array.from(data as Float32Array, (x, i) => x + distance * towards.data[i]),
});

const named = <T>(name: string, values: readonly T[]): Record<string, T> =>
  Object.fromEntries(values.map((value, i) => [`${name}${i}`, value]));

describe("stopGradient()", () => {
  it("lets no gradient through when it is differentiated", async () => {
    const { graph, feeds } = operatorCases.find(({ name }) => name === "stopGradient()")!;
    const [x] = floatInputs(graph);
    // y = sg(x)·x ⇒ dy = sg(x), not 2x.
    const [gradient] = gradients(sum(graph.outputs.y), [x]);
    const network = await engine.load(graphOf("g", { gradient }), new Map(), { source: "no checkpoint" });
    expect((await network.run(feeds)).gradient.data).toEqual(feeds.x0.data);
  });
});
