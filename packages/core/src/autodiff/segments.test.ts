import { describe, expect, it } from "vitest";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { add, silu } from "../graph/ops/elementwise.ts";
import { sum } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { segmentsOf } from "./segments.ts";

/** x through `count` layers. */
function chain(x: Value, count: number): Value[] {
  const layers = [x];
  for (let i = 0; i < count; i++) layers.push(silu(layers[i]));
  return layers.slice(1);
}
const valuesOf = (value: Value) => graphOf("g", { value }).values;

describe("segmentsOf()", () => {
  it("needs about 2√n values' memory when n equal layers follow each other", () => {
    const layers = chain(input("x", [10]), 100);
    const { peak, kept, last } = segmentsOf(valuesOf(layers.at(-1)!));
    expect(peak / 10).toBeLessThan(22);
    expect(kept.size).toBe(last); // one value at each cut
  });

  it("keeps what a later segment uses when a connection skips over layers", () => {
    const layers = chain(input("x", [symbol("n"), 8]), 40);
    const y = chain(add(layers.at(-1)!, layers[3]), 20).at(-1)!;
    const { kept, segmentOf } = segmentsOf(valuesOf(y));
    expect(kept.has(layers[3])).toBe(true);
    for (const value of valuesOf(y)) {
      for (const operand of value.inputs) {
        const across = segmentOf.get(operand) !== segmentOf.get(value);
        if (operand.inputs.length > 0) expect(kept.has(operand) || !across).toBe(true);
      }
    }
  });

  it("cuts where little crosses when layers are wide in turn", () => {
    const wide = (x: Value) => add(x, input(`bias${x.id}`, [100, 10]));
    let x = input("x", [10]);
    for (let i = 0; i < 30; i++) x = narrow(wide(x));
    const { kept } = segmentsOf(valuesOf(x));
    expect([...kept].map(({ dims }) => dims.length)).toEqual(new Array(kept.size).fill(1));
    expect(kept.size).toBeGreaterThan(2);
  });

  it("is one segment when there is one value", () => {
    expect(segmentsOf(valuesOf(silu(input("x", [2]))))).toMatchObject({ last: 0, peak: 2 });
  });
});

const narrow = (x: Value): Value => sum(x, { axes: [0] });
