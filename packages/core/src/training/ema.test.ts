import { describe, expect, it } from "vitest";
import { readGolden } from "../../../../fixtures/read-golden.ts";
import { emaDecay } from "./ema.ts";
import type { EmaOptions } from "./ema.ts";

describe("emaDecay()", () => {
  const golden = readGolden("train/optim").json;
  const cases: [string, EmaOptions][] = [
    ["ema_const", { decay: 0.99 }],
    ["ema_warmup", { decay: 0.9999, warmup: "power", power: 0.75 }],
    ["ema_update_after", { decay: 0.95, after: 2, least: 0.1 }],
    ["ema_litema", { decay: 0.9999, warmup: "ldm" }],
  ];
  it.each(cases)("emaDecay() gives the reference's decays when used as %s", (name, options) => {
    golden[name].decay_used.forEach((wanted: number, i: number) =>
      expect(emaDecay(i + 1, options)).toBeCloseTo(wanted, 12),
    );
  });

  it("emaDecay() comes to the decay in the end, and is it at once without a warm-up", () => {
    expect(emaDecay(1, { decay: 0.99, warmup: "none" })).toBe(0.99);
    for (const warmup of ["diffusers", "power", "ldm"] as const)
      expect(emaDecay(1e6, { decay: 0.99, warmup })).toBe(0.99);
  });
});
