import { describe, expect, it } from "vitest";
import { goldenFloats, goldenTensor, readGolden } from "../../../../../fixtures/read-golden.ts";
import { toyDenoiser } from "../../../../../fixtures/toy-denoiser.ts";
import { betas } from "../betas.ts";
import { discretize } from "../discretization.ts";
import { repaint } from "./repaint.ts";

describe("repaint", () => {
  it("repaint() follows diffusers in every step down, with the known region put in by the denoiser", async () => {
    // The jumps up are not compared: diffusers takes their noise levels from one stride further up than the steps' (undo_step).
    const golden = readGolden("samplers/diffusers/RePaintScheduler");
    const x0hat = toyDenoiser(readGolden("samplers/diffusers/_toy"));
    const [mask, original, draws, trajectory] = ["in.mask", "in.original", "noise", "traj"].map((key) =>
      goldenFloats(golden, key),
    );
    const timesteps = [...goldenTensor(golden, "timesteps").data].map(Number);
    const { num_train_timesteps: steps, beta_start: start, beta_end: end } = golden.json.config;
    const { sigmas } = discretize(betas({ steps, start, end, schedule: "linear" }));
    const stride = Math.floor(steps / 12);
    const length = mask.length;
    const level = (t: number) => (t < 0 ? 0 : sigmas[t]);
    let draw = 0;
    let compared = 0;
    for (const [i, t] of timesteps.entries()) {
      if (i > 0 && t >= timesteps[i - 1]) {
        draw += stride; // one draw per training step undone
        continue;
      }
      const noise = draws.slice(length * draw, length * ++draw);
      const [sigma, next] = [level(t), level(t - stride)];
      const x = trajectory.slice(length * i, length * (i + 1)).map((value) => value * Math.hypot(1, sigma));
      const inner = await repaint(async (input, at) => x0hat(input, 1, at ** 2), x, [sigma, next], {
        noise: () => (t > 0 ? noise : new Float32Array(length)),
        eta: 0.5,
        clip: (x0) => x0.map((v) => Math.min(Math.max(v, -1), 1)),
      });
      inner.forEach((value, k) => {
        const painted = mask[k] * (original[k] + next * noise[k]) + (1 - mask[k]) * value;
        const expected = trajectory[length * (i + 1) + k];
        expect(Math.abs(painted / Math.hypot(1, next) - expected)).toBeLessThanOrEqual(
          2e-4 * Math.max(1, Math.abs(expected)),
        );
      });
      compared++;
    }
    expect(compared).toBeGreaterThan(12);
  });

  it("repaint() goes back jumpLength steps, jumpCount − 1 times, where so many lie above", async () => {
    const levels: number[] = [];
    await repaint(async (x) => x, Float32Array.of(1), [6, 5, 4, 3, 2, 1, 0], {
      noise: () => Float32Array.of(0),
      jumpLength: 2,
      jumpCount: 2,
      onStep: ({ sigma, step, steps }) => void (levels.push(sigma), expect(step).toBeLessThan(steps)),
    });
    expect(levels).toEqual([6, 5, 4, 3, 4, 3, 2, 1, 2, 1].slice(0, levels.length));
    expect(levels.length).toBe(10);
  });
});
