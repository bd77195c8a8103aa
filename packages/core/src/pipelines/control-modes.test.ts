import { describe, expect, it } from "vitest";
import { actsAt, controlModes } from "./control-modes.ts";

describe("controlModes", () => {
  it("controlModes has one for every output of SD's ControlNets when both lead alike", () => {
    expect(controlModes.balanced.controlNet(13)).toEqual(new Array(13).fill(1));
  });

  it("controlModes falls by 0.825 from the middle to the first skip when the prompt leads", () => {
    const scales = controlModes.prompt.controlNet(13);
    expect(scales.at(-1)).toBe(1);
    scales.forEach((scale, i) => expect(scale).toBeCloseTo(0.825 ** (12 - i), 12));
    // The only word its author has on the number.
    expect(scales[0]).toBeLessThan(0.1);
  });

  it("controlModes is torch's logspace(-1, 0) when it guesses", () => {
    const scales = controlModes.guess.controlNet(10);
    expect([scales[0], scales.at(-1)]).toEqual([0.1, 1]);
    scales.slice(1).forEach((scale, i) => expect(scale / scales[i]).toBeCloseTo(10 ** (1 / 9), 12));
  });
});

describe("actsAt()", () => {
  const timesteps = [951, 801, 651, 501, 351, 201];
  const acting = (start: number, end: number, at: readonly number[] = timesteps) =>
    at.map(actsAt(timesteps, { start, end }));

  it("actsAt() keeps the steps that diffusers keeps when a part is named", () => {
    const kept = (start: number, end: number) => timesteps.map((_, i) => !(i / 6 < start || (i + 1) / 6 > end));
    for (const [start, end] of [
      [0, 1],
      [0.2, 0.7],
      [0.5, 1],
      [0, 0.5],
      [0, 0],
      [1, 1],
      [0.3, 0.4],
    ])
      expect(acting(start, end)).toEqual(kept(start, end));
  });

  it("actsAt() counts a timestep between two steps to the earlier one, and those beyond to the nearest", () => {
    expect(acting(0, 0.5, [999, 951, 700, 652, 651, 501, 500, 0])).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
