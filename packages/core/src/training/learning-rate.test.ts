import { describe, expect, it } from "vitest";
import { readGolden } from "../../../../fixtures/read-golden.ts";
import { learningRateAt, learningRateKinds } from "./learning-rate.ts";

describe("learningRateAt()", () => {
  const { lr_schedules: golden } = readGolden("train/optim").json;
  it.each([
    ["constant", { kind: "constant" }],
    ["constant_with_warmup", { kind: "constant", warmup: 5 }],
    ["linear", { kind: "linear", warmup: 5 }],
    ["cosine", { kind: "cosine", warmup: 5 }],
    ["cosine_with_restarts", { kind: "cosineWithRestarts", warmup: 5, cycles: 2 }],
    ["polynomial", { kind: "polynomial", warmup: 5, power: 2 }],
  ] as const)("learningRateAt() gives diffusers' rates when the schedule is %s", (name, schedule) => {
    const options = { learningRate: golden.base_lr, steps: golden.total, schedule };
    const rates = golden.values[name].map((_: number, step: number) => learningRateAt(step, options));
    golden.values[name].forEach((wanted: number, step: number) => expect(rates[step]).toBeCloseTo(wanted, 12));
  });

  it.each(learningRateKinds)("learningRateAt() stays at its end when a %s run goes on past it", (kind) => {
    const options = { learningRate: 0.1, steps: 10, schedule: { kind, cycles: 2, power: 2, end: 0.01 } };
    const end = kind === "constant" ? 0.1 : kind === "polynomial" ? 0.01 : 0;
    for (const step of [10, 11, 1000]) expect(learningRateAt(step, options)).toBeCloseTo(end, 12);
  });

  it("learningRateAt() is the highest rate when the whole run is its warm-up and that is over", () => {
    const options = { learningRate: 0.1, steps: 10, schedule: { kind: "constant", warmup: 10 } } as const;
    expect(learningRateAt(5, options)).toBe(0.05);
    expect(learningRateAt(10, options)).toBe(0.1);
  });
});
