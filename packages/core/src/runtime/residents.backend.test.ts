// Tensors that live in the engine: they are read, written and replaced by runs.

import { expect, it } from "vitest";
import { onEachDevice } from "../../../../fixtures/on-each-device.ts";
import { symbol } from "../graph/dim.ts";
import { graphOf } from "../graph/graph.ts";
import { add, multiply, subtract } from "../graph/ops/elementwise.ts";
import { sum } from "../graph/ops/reduce.ts";
import { input } from "../graph/ops/source.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { tensor } from "../tensor/tensor.ts";

const scalar = (value: number): Tensor => tensor([], Float32Array.of(value));
const keep = { outputs: { "next:w": "w" }, unlessNotFinite: "norm" };

/** w ← w − rate·g, with |next w|² beside it. */
function descent(dims: readonly number[]) {
  const next = subtract(input("w", dims), multiply(input("rate", []), input("g", dims)));
  return graphOf("descent", { "next:w": next, norm: sum(multiply(next, next)) });
}

onEachDevice("residents", (_, engine) => {
  const load = () => engine().load(descent([2, 3]), new Map(), { source: "nothing", keep });
  const ones = tensor([2, 3], new Float32Array(6).fill(1));
  const start = tensor([2, 3], Float32Array.of(1, 2, 3, 4, 5, 6));

  it("run() reads inputs from residents and writes kept outputs there when given them", async () => {
    const network = await load();
    const residents = await engine().hold({ w: start, g: ones, unused: scalar(7) });
    expect(residents.bytes).toBe(4 * 13);
    for (let step = 1; step <= 3; step++) {
      const outputs = await network.run({ rate: scalar(1) }, { residents });
      expect(Object.keys(outputs)).toEqual(["norm"]);
    }
    const { w, unused } = await residents.read(["w", "unused"]);
    expect(w).toEqual({ dims: [2, 3], data: Float32Array.of(-2, -1, 0, 1, 2, 3) });
    expect(unused.data[0]).toBe(7);
    await residents.write({ w: ones });
    await network.run({ rate: scalar(3) }, { residents, outputs: [] });
    expect((await residents.read(["w"])).w.data).toEqual(new Float32Array(6).fill(-2));
    await residents.release();
    await network.unload();
  });

  it("run() leaves residents as they were when the guard is not finite", async () => {
    const network = await load();
    const residents = await engine().hold({ w: start, g: ones });
    for (const rate of [NaN, Infinity]) {
      const { norm } = await network.run({ rate: scalar(rate) }, { residents });
      expect(Number.isFinite(norm.data[0])).toBe(false);
      expect((await residents.read()).w.data).toEqual(start.data);
    }
    await network.run({ rate: scalar(1) }, { residents });
    expect((await residents.read()).w.data).toEqual(Float32Array.of(0, 1, 2, 3, 4, 5));
    await residents.release();
    await network.unload();
  });

  it("run() takes another resident's values when told from where, and feeds before residents", async () => {
    const x = [symbol("n"), 3];
    const network = await engine().load(graphOf("sum", { y: add(input("a", x), input("b", x)) }), new Map(), {
      source: "nothing",
    });
    const residents = await engine().hold({ a: start, c: ones });
    const plain = await network.run({}, { residents, from: { b: "c" } });
    expect([...plain.y.data]).toEqual([2, 3, 4, 5, 6, 7]);
    const fed = await network.run({ a: ones }, { residents, from: { b: "c" } });
    expect([...fed.y.data]).toEqual([2, 2, 2, 2, 2, 2]);
    await residents.release();
    await network.unload();
  });

  it("run(), read() and write() throw in words when a resident is missing or misshapen", async () => {
    const network = await load();
    const residents = await engine().hold({ w: tensor([3, 2]), g: ones });
    await expect(network.run({ rate: scalar(1) }, { residents })).rejects.toThrow(
      /^Cannot run "descent" on \w+: input "w" is \[3,2\] \(\[2,3\] is wanted\)$/,
    );
    await expect(network.run({ rate: scalar(1), w: ones, g: ones })).rejects.toThrow(
      /: no resident "w" for its output "next:w"$/,
    );
    await expect(network.run({ rate: scalar(1), w: ones }, { residents })).rejects.toThrow(
      /: its output "next:w" is \[2,3\] \(resident "w" is \[3,2\]\)$/,
    );
    await expect(residents.read(["v"])).rejects.toThrow('Cannot read residents: the engine holds no "v"');
    await expect(residents.write({ w: ones })).rejects.toThrow('"w" is [2,3] ([3,2] is wanted)');
    await residents.release();
    await expect(residents.read(["w"])).rejects.toThrow("Cannot read residents: the residents are released");
    await network.unload();
  });
});
