// Every operator's numbers on every device.

import { expect, it } from "vitest";
import { onEachDevice } from "../../../../../fixtures/on-each-device.ts";
import { operatorCases } from "../../../../../fixtures/operator-cases.ts";
import { evaluate } from "../../runtime/evaluate.ts";
import { graphOf } from "../graph.ts";
import { input } from "./source.ts";

onEachDevice("operators", (_device, engine) => {
  it.each(operatorCases)("$name equals its closed form", async ({ feeds, build, expected }) => {
    const names = feeds.map((_, i) => `x${i}`);
    const inputs = feeds.map(({ dims, data }, i) =>
      input(names[i], dims, data instanceof Float32Array ? "float32" : "int64"),
    );
    // Built twice: the runtime makes the two one (graph/passes).
    const graph = graphOf("case", { y: build(...inputs), again: build(...inputs) });
    const { y, again } = await evaluate(engine(), graph, Object.fromEntries(feeds.map((feed, i) => [names[i], feed])));
    expect(again).toEqual(y);
    expect(y.dims).toEqual(expected.dims);
    expect(graph.outputs.y.dims).toEqual(expected.dims);
    // float32, sums of at most 77 terms.
    const worst = Math.max(
      ...expected.data.map((value, i) => Math.abs(value - y.data[i]) / Math.max(1, Math.abs(value))),
    );
    expect(worst).toBeLessThan(2e-5);
  });
});
