import { expect, it } from "vitest";
import { symbol } from "./dim.ts";
import { graphOf, inputsOf, parametersOf } from "./graph.ts";
import { add, multiply } from "./ops/elementwise.ts";
import { linear } from "./ops/linear-algebra.ts";
import { constant, input } from "./ops/source.ts";
import { layer, parameters } from "./params.ts";

it("graphOf() orders operands before users and leaves out what no output reaches", () => {
  const [x, y] = [input("x", [2]), input("y", [2])];
  const unused = add(x, y);
  const product = multiply(x, constant([3, 4]));
  const graph = graphOf("g", { product, again: product });
  expect(graph.values).not.toContain(unused);
  expect(inputsOf(graph).map(({ name }) => name)).toEqual(["x"]);
  graph.values.forEach((value, i) => {
    for (const operand of value.inputs) expect(graph.values.indexOf(operand)).toBeLessThan(i);
  });
});

it.each([
  ["two inputs", () => ({ z: add(input("x", [2]), input("x", [2])) })],
  ["an input and an output", () => ({ x: add(input("x", [2]), constant([1, 2])) })],
  ["parameters of two roots", () => ({ z: add(parameters().parameter("x", [2]), parameters().parameter("x", [2])) })],
])("graphOf() throws RangeError when %s share a name", (_, outputs) => {
  expect(() => graphOf("g", outputs())).toThrow(
    new RangeError(
      'Cannot make graph "g": two of its inputs, parameters and outputs are called "x" (distinct names are wanted)',
    ),
  );
});

it("parametersOf() lists dotted names once, in order of use, when layers share them", () => {
  const p = parameters();
  const dense = layer((p, x: ReturnType<typeof input>) =>
    linear(x, p.parameter("weight", [4, 4]), p.parameter("bias", [4])),
  );
  const x = input("x", [symbol("n"), 4]);
  const y = dense(p.at("mlp", "fc1"), dense(p.at("mlp", "fc2"), dense(p.at("mlp", "fc1"), x)));
  expect(parametersOf(graphOf("g", { y }))).toEqual([
    { name: "mlp.fc1.weight", dims: [4, 4] },
    { name: "mlp.fc1.bias", dims: [4] },
    { name: "mlp.fc2.weight", dims: [4, 4] },
    { name: "mlp.fc2.bias", dims: [4] },
  ]);
});
