// What a training session promises: resuming, accumulating, bad numbers, memory; each side of a game moved by itself.

import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { onEachDevice } from "../../../../fixtures/on-each-device.ts";
import { symbol } from "../graph/dim.ts";
import { add, multiply, subtract } from "../graph/ops/elementwise.ts";
import { mean } from "../graph/ops/reduce.ts";
import { input, scalar } from "../graph/ops/source.ts";
import type { Value } from "../graph/value.ts";
import { linear } from "../nn/layers.ts";
import type { Engine } from "../runtime/engine.ts";
import { openEngine } from "../runtime/open-engine.ts";
import { tensor } from "../tensor/tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { TorchGenerator } from "../util/rng/torch-generator.ts";
import { parameterKinds } from "./parameter-groups.ts";
import { openTrainingSession } from "./session.ts";
import type { TrainingOptions, TrainingProgram } from "./session.ts";

const square = (x: Value) => multiply(x, x);
const floats = (dims: readonly number[], seed: number): Tensor =>
  tensor(dims, new TorchGenerator(seed).randn(dims.reduce((a, b) => a * b, 1)));
const relativeError = (actual: Float32Array, wanted: Float32Array): number =>
  Math.max(...actual.map((v, i) => Math.abs(v - wanted[i]))) / Math.max(...wanted.map(Math.abs));

/** y ≈ b(ax): two linear layers, a running mean of y, and the layers' outputs as a metric. */
const twoLayers: TrainingProgram = {
  name: "two layers",
  build(p) {
    const n = symbol("n");
    const y = linear(p.at("b"), linear(p.at("a"), input("x", [n, 3]), { features: 4 }), { features: 2, bias: false });
    const seen = p.parameter("seen", [2]);
    const loss = mean(square(subtract(y, input("target", [n, 2]))));
    return {
      objectives: [{ name: "fit", loss, trains: () => true }],
      metrics: { y, largest: mean(square(y)) },
      updates: {
        seen: add(multiply(seen, scalar(0.9)), multiply(mean(y, { axes: [0] }), scalar(0.1))),
      },
    };
  },
};
const initial = new Map([
  ["a.weight", floats([4, 3], 1)],
  ["a.bias", floats([4], 2)],
  ["b.weight", floats([2, 4], 3)],
  ["seen", tensor([2])],
]);
const batch = (seed: number, n = 5) => ({ x: floats([n, 3], seed), target: floats([n, 2], seed + 100) });
const common: TrainingOptions = { initial, optimizer: { kind: "adamw", weightDecay: 0.1 }, ema: { decay: 0.9 } };

onEachDevice("openTrainingSession()", (_, engine) => {
  it("restore() goes on bit for bit when given what state() gave", async () => {
    const [straight, resumed] = [
      await openTrainingSession(engine(), twoLayers, common),
      await openTrainingSession(engine(), twoLayers, {
        ...common,
        initial: new Map([...initial].map(([n, { dims }]) => [n, tensor(dims)])),
      }),
    ];
    for (let step = 0; step < 3; step++) await straight.train([batch(step)], { learningRate: 0.1 });
    await resumed.restore(await straight.state());
    expect(resumed.step).toBe(3);
    for (let step = 3; step < 6; step++) {
      const wanted = await straight.train([batch(step), batch(step + 50)], { learningRate: 0.1 });
      expect(await resumed.train([batch(step), batch(step + 50)], { learningRate: 0.1 })).toEqual(wanted);
    }
    expect(await resumed.state()).toEqual(await straight.state());
    const state = await straight.state();
    state.delete("optimizer.square.b.weight");
    await expect(resumed.restore(state)).rejects.toThrow(
      'Cannot restore "two layers": the state has no "optimizer.square.b.weight"',
    );
    await straight.close();
    await resumed.close();
  });
});

describe("openTrainingSession()", () => {
  let engine: Engine;
  beforeAll(async () => void (engine = await openEngine({ device: "cpu", threads: 1 })));
  afterAll(() => engine.close());

  it("train() replaces updated state, and measure() changes nothing and can use the averages", async () => {
    const session = await openTrainingSession(engine, twoLayers, common);
    const before = await session.measure(batch(1));
    const first = await session.train([batch(1)], { learningRate: 0.1 });
    expect(Object.keys(first)).toEqual(["fit.loss", "y", "largest", "gradientNorm"]);
    expect(first.y.data).toEqual(before.y.data);
    const { data } = (await session.weights()).get("seen")!;
    const mean0 = (column: number) => [0, 1, 2, 3, 4].reduce((sum, row) => sum + first.y.data[2 * row + column] / 5, 0);
    [0, 1].forEach((column) => expect(data[column]).toBeCloseTo(0.1 * mean0(column), 5));

    await session.train([batch(2)], { learningRate: 0.1 });
    const now = await session.measure(batch(1));
    const averaged = await session.measure(batch(1), { ema: true });
    expect(now["fit.loss"].data[0]).not.toBe(before["fit.loss"].data[0]);
    expect(averaged["fit.loss"].data[0]).not.toBe(now["fit.loss"].data[0]);
    const [weights, averages] = [await session.weights(), await session.weights({ ema: true })];
    await session.write(new Map([...averages].filter(([name]) => name !== "seen")));
    const written = await session.measure(batch(1));
    expect(written["fit.loss"].data[0]).toBe(averaged["fit.loss"].data[0]);
    expect(averages.get("seen")).toEqual(weights.get("seen"));
    expect(session.step).toBe(2);
    await session.close();
  });

  it("train() takes the step of the whole batch when it comes in parts", async () => {
    const [all, parts] = [batch(9, 6), [0, 1, 2]];
    const part = ({ dims, data }: Tensor, i: number) => {
      const width = dims[1];
      return tensor([2, width], data.slice(2 * i * width, 2 * (i + 1) * width));
    };
    const sizes: TrainingOptions = { ...common, optimizer: { kind: "sgd", momentum: 0.9 }, clipNorm: 0.1 };
    const [whole, split] = [
      await openTrainingSession(engine, twoLayers, sizes),
      await openTrainingSession(engine, twoLayers, sizes),
    ];
    for (let step = 0; step < 2; step++) {
      const one = await whole.train([all], { learningRate: 0.1 });
      const several = await split.train(
        parts.map((i) => ({ x: part(all.x, i), target: part(all.target, i) })),
        { learningRate: 0.1 },
      );
      expect(several["fit.loss"].data[0]).toBeCloseTo(one["fit.loss"].data[0], 5);
      expect(several.gradientNorm.data[0]).toBeCloseTo(one.gradientNorm.data[0], 4);
      expect(several.y.dims).toEqual([2, 2]);
    }
    const [a, b] = [await whole.weights({ ema: true }), await split.weights({ ema: true })];
    for (const [name, { data }] of a)
      if (name !== "seen") expect(relativeError(b.get(name)!.data, data)).toBeLessThan(1e-5);
    expect(split.step).toBe(2);
    await whole.close();
    await split.close();
  });

  it("train() says so and changes no weight when a loss is not finite", async () => {
    const session = await openTrainingSession(engine, twoLayers, common);
    await session.train([batch(1)], { learningRate: 0.1 });
    const before = await session.state();
    const broken = { ...batch(2), target: tensor([5, 2], new Float32Array(10).fill(1e30)) };
    const bad = await session.train([broken], { learningRate: 0.1 });
    expect(Number.isFinite(bad["fit.loss"].data[0])).toBe(false);
    expect(await session.state()).toEqual(before);
    const later = await session.train([batch(2), broken], { learningRate: 0.1 });
    expect(Number.isFinite(later.gradientNorm.data[0])).toBe(false);
    const after = await session.state();
    for (const [name, value] of before) if (name !== "weights.seen") expect(after.get(name), name).toEqual(value);
    // The sums of the step that was given up do not come back.
    const [good] = [await session.train([batch(2), batch(3)], { learningRate: 0.1 })];
    expect(Number.isFinite(good.gradientNorm.data[0])).toBe(true);
    expect(session.step).toBe(2);
    await session.close();
  });

  it("train() takes the same steps when activations are computed again", async () => {
    const [kept, again] = [
      await openTrainingSession(engine, twoLayers, common),
      await openTrainingSession(engine, twoLayers, { ...common, recompute: true }),
    ];
    for (let step = 0; step < 3; step++) {
      const [one, other] = [kept, again].map((session) => session.train([batch(step)], { learningRate: 0.1 }));
      expect((await other)["fit.loss"].data[0]).toBeCloseTo((await one)["fit.loss"].data[0], 6);
    }
    await kept.close();
    await again.close();
  });

  it("train() takes no more memory when a thousand steps are done", async () => {
    const wide: TrainingProgram = {
      name: "wide",
      build(p) {
        const y = linear(p, input("x", [1, 256]), { features: 256 });
        return { objectives: [{ name: "size", loss: mean(square(y)), trains: () => true }] };
      },
    };
    const own = await openEngine({ device: "cpu", threads: 1 });
    // Weights, two averages of gradients and one of weights: 1 MB that every step replaces.
    const session = await openTrainingSession(own, wide, {
      ...common,
      initial: new Map([
        ["weight", floats([256, 256], 1)],
        ["bias", tensor([256])],
      ]),
    });
    const feeds = { x: floats([1, 256], 2) };
    const after: number[] = [];
    for (let step = 1; step <= 1000; step++) {
      await session.train([feeds], { learningRate: 1e-3 });
      if (step % 100 === 0) after.push((await own.memory())!.residentBytes);
    }
    await own.close();
    const text = after.map((bytes) => Math.round(bytes / 1e6)).join(" ");
    expect(Math.max(...after) - after[0], text).toBeLessThan(60e6); // garbage waits for its collector
    expect(after[9] - after[4], text).toBeLessThan(30e6);
  });

  it("train() moves each objective's own parameters when several share a graph", async () => {
    // minₐ (a + b)², min_b (a − b)²: each side sees the other and does not move it.
    const program: TrainingProgram = {
      name: "game",
      build(p) {
        const [a, b] = [p.parameter("a", []), p.parameter("b", [])];
        return {
          objectives: [
            { name: "first", loss: square(add(a, b)), trains: (name) => name === "a" },
            { name: "second", loss: square(subtract(a, b)), trains: (name) => name === "b" },
          ],
        };
      },
    };
    const session = await openTrainingSession(engine, program, {
      initial: new Map([
        ["a", tensor([], Float32Array.of(1))],
        ["b", tensor([], Float32Array.of(2))],
      ]),
      optimizer: { kind: "sgd" },
      clipNorm: 3,
    });
    const outputs = await session.train([{}], { learningRate: 0.5 });
    const numbers = Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data[0]]));
    expect(numbers).toEqual({ "first.loss": 9, "second.loss": 1, "gradientNorm.first": 6, "gradientNorm.second": 2 });
    const weights = await session.weights();
    expect(weights.get("a")!.data[0]).toBeCloseTo(1 - 0.5 * 3, 5); // clipped from 6
    expect(weights.get("b")!.data[0]).toBeCloseTo(2 - 0.5 * 2, 5);
    await session.close();
  });

  it("train() treats groups by their own rates and leaves what is excluded without weight decay", async () => {
    const zero = { x: tensor([1, 3]), target: tensor([1, 2]) };
    const without = new Map([...initial, ["a.bias", tensor([4])]]); // y = 0: all gradients are 0
    const session = await openTrainingSession(engine, twoLayers, {
      initial: without,
      optimizer: {
        kind: "adamw",
        weightDecay: 0.5,
        exclude: parameterKinds.biases,
        groups: [{ matches: (name) => name.startsWith("b."), learningRate: 0.1 }],
      },
    });
    await session.train([zero], { learningRate: 0.2 });
    const weights = await session.weights();
    const ratio = (name: string) => weights.get(name)!.data[0] / without.get(name)!.data[0];
    expect(ratio("a.weight")).toBeCloseTo(1 - 0.2 * 0.5, 6);
    expect(ratio("b.weight")).toBeCloseTo(1 - 0.02 * 0.5, 6);
    await session.close();
  });

  it("train() uses a checkpoint's weights where there is no initial value, and leaves them", async () => {
    const folder = await mkdtemp(join(tmpdir(), "noisette-session-"));
    const file = join(folder, "b.bin");
    const { dims, data } = initial.get("b.weight")!;
    await writeFile(file, data);
    const frozen = new Map([
      ["b.weight", { name: "b.weight", type: "F32", dims, file, offset: 0, byteLength: data.byteLength } as const],
    ]);
    const some = new Map([...initial].filter(([name]) => name !== "b.weight"));
    const session = await openTrainingSession(engine, twoLayers, { ...common, initial: some, frozen, source: "b.bin" });
    const all = await openTrainingSession(engine, twoLayers, common);
    const [one, other] = [
      await session.train([batch(1)], { learningRate: 0.1 }),
      await all.train([batch(1)], { learningRate: 0.1 }),
    ];
    expect(one["fit.loss"]).toEqual(other["fit.loss"]);
    expect([...(await session.weights()).keys()]).toEqual(["a.weight", "a.bias", "seen"]);
    expect((await session.weights()).get("a.weight")).toEqual((await all.weights()).get("a.weight"));
    await session.close();
    await all.close();
    await rm(folder, { recursive: true });
  });

  it.each([
    [
      "it is no parameter",
      { initial: new Map([...initial, ["c", tensor([1])]]) },
      'it has no parameter "c" (one is given)',
    ],
    [
      "it is misshapen",
      { initial: new Map([...initial, ["a.bias", tensor([5])]]) },
      'the initial "a.bias" is [5] ([4] is wanted)',
    ],
    [
      "an updated one is missing",
      { initial: new Map([...initial].slice(0, 3)) },
      '"seen" is updated and has no initial value',
    ],
    [
      "nothing is trained",
      { initial: new Map([...initial].slice(3)) },
      'objective "fit" trains none of its parameters',
    ],
  ] as const)("openTrainingSession() throws in words when %s", async (_, options, message) => {
    await expect(openTrainingSession(engine, twoLayers, { ...common, ...options })).rejects.toThrow(
      `Cannot trace program "two layers": ${message}`,
    );
  });

  it("openTrainingSession() throws when two objectives train one parameter, and train() when there is no batch", async () => {
    const twice: TrainingProgram = {
      name: "twice",
      build: (p) => {
        const loss = square(p.parameter("a", []));
        const trains = () => true;
        return {
          objectives: [
            { name: "x", loss, trains },
            { name: "y", loss, trains },
          ],
        };
      },
    };
    const options: TrainingOptions = { initial: new Map([["a", tensor([])]]), optimizer: { kind: "sgd" } };
    await expect(openTrainingSession(engine, twice, options)).rejects.toThrow(
      '"a" is trained by "x" and "y" (one is wanted)',
    );
    const session = await openTrainingSession(engine, twoLayers, common);
    await expect(session.train([], { learningRate: 1 })).rejects.toThrow('Cannot train "two layers": no batch');
    await session.close();
  });
});
