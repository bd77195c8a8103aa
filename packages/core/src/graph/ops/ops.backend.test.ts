// Every operator's numbers on every device.

import { expect, it } from "vitest";
import { onEachDevice } from "../../../../../fixtures/on-each-device.ts";
import { operatorCases, operatorError } from "../../../../../fixtures/operator-cases.ts";
import { evaluateDim } from "../dim.ts";
import { evaluate } from "../../runtime/evaluate.ts";

onEachDevice("operators", (_device, engine) => {
  it.each(operatorCases)("$name equals its closed form", async (operatorCase) => {
    const { graph, feeds, expected, sizes } = operatorCase;
    const { y, again } = await evaluate(engine(), graph, feeds);
    expect(again).toEqual(y);
    expect(graph.outputs.y.dims.map((dim) => evaluateDim(dim, sizes))).toEqual(expected.dims);
    expect(operatorError(operatorCase, y)).toBeLessThan(2e-5); // float32, sums of at most 81 terms
  });
});
