import { describe, expect, it } from "vitest";
import { restart } from "./restart.ts";

const levelsOf = async (sigmas: number[], options = {}) => {
  const seen: number[] = [];
  const drawn: (readonly [number?, number?])[] = [];
  await restart(async (x) => x, Float32Array.of(1), sigmas, {
    noise: (from, to) => (drawn.push([from, to]), Float32Array.of(0)),
    onStep: ({ sigma, step, steps }) => {
      seen.push(sigma);
      expect(steps).toBeGreaterThan(step);
    },
    ...options,
  });
  return { seen, drawn };
};

describe("restart", () => {
  const sigmas = [10, 4, 2, 1, 0.5, 0.1, 0.05, 0];

  it("restart() goes through the levels from restartMax to restartMin again, after noise up to them", async () => {
    const { seen, drawn } = await levelsOf(sigmas, { restarts: 2 });
    expect(seen).toEqual([10, 4, 2, 1, 0.5, 2, 1, 0.5, 2, 1, 0.5, 0.1, 0.05]);
    expect(drawn).toEqual([
      [0.1, 2],
      [0.1, 2],
    ]);
  });

  it("restart() is one pass when the levels do not span the interval", async () => {
    expect((await levelsOf([1, 0.5, 0.05, 0])).seen).toEqual([1, 0.5, 0.05]);
    expect((await levelsOf([10, 5, 1, 0])).drawn).toEqual([]);
  });
});
