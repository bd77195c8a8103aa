import { discretize } from "@noisette/core/diffusion/discretization";
import { betas } from "@noisette/core/diffusion/betas";
import { tensor } from "@noisette/core/tensor/tensor";
import { describe, expect, it } from "vitest";
import { latentPixels } from "./latent-map.tsx";
import { curves, scheduleNames, schedules } from "./schedules.ts";
import { withEdits } from "./latent-edits.ts";
import { textbookStep } from "./textbook-step.ts";

describe.each(scheduleNames)("schedule %s", (name) => {
  it("falls from nearly 1 over 1000 timesteps, and ends in noise", () => {
    const alphaBar = schedules[name];
    expect(alphaBar).toHaveLength(1000);
    expect(alphaBar[0]).toBeGreaterThan(0.999 - 1e-3);
    expect(alphaBar.every((value, t) => t === 0 || value <= alphaBar[t - 1])).toBe(true);
    expect(alphaBar[999]).toBeLessThan(name === "scaledLinear" ? 5e-3 : 1e-4);
    if (name === "zeroTerminal") expect(alphaBar[999]).toBe(0);
  });
});

it("curves stay between 0 and 1, and equal signal and noise stand in the middle", () => {
  expect(curves.snr.of(0.5)).toBe(0.5);
  expect([0, 1e-30, 1].map(curves.snr.of)).toEqual([0, 0, 1]);
});

it("textbookStep() gives back the parts that x was made of", () => {
  const dims = [1, 1, 2, 2];
  const [clean, noise] = [Float32Array.of(1, -0.5, 0.25, 2), Float32Array.of(0.3, 1.1, -2, 0.7)];
  const sigma = 1.7;
  const alphaBar = 1 / (1 + sigma ** 2);
  const step = textbookStep(
    {
      x: tensor(
        dims,
        clean.map((value, i) => value + sigma * noise[i]),
      ),
      denoised: tensor(dims, clean),
    },
    sigma,
    discretize(betas()),
  );
  expect(step.alphaBar).toBe(alphaBar);
  clean.forEach((value, i) => {
    expect(step.noise.data[i]).toBeCloseTo(noise[i], 5);
    expect(step.x.data[i]).toBeCloseTo(Math.sqrt(alphaBar) * value + Math.sqrt(1 - alphaBar) * noise[i], 5);
    expect(step.velocity.data[i]).toBeCloseTo(Math.sqrt(alphaBar) * noise[i] - Math.sqrt(1 - alphaBar) * value, 5);
  });
});

it("latentPixels() sets channels side by side, orange above zero and blue below", () => {
  const { width, height, data } = latentPixels(tensor([1, 3, 1, 2], Float32Array.of(9, 0, -9, 0, 0, 0)));
  expect([width, height]).toEqual([5, 3]);
  const at = (x: number, y: number) => Array.from(data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4));
  expect(at(0, 0)).toEqual([200, 92, 20, 255]);
  expect(at(3, 0)).toEqual([38, 84, 160, 255]);
  expect(at(1, 2)).toEqual([250, 246, 240, 255]);
  expect(at(2, 0)[3]).toBe(0); // between two channels
});

it("withEdits() changes the edited places alone, in every channel", () => {
  const latents = tensor([1, 2, 1, 3], Float32Array.of(1, 2, 3, 4, 5, 6));
  const { data } = withEdits(
    latents,
    new Map([
      [0, "erase"],
      [2, "noise"],
    ]),
  );
  expect([data[0], data[1], data[3], data[4]]).toEqual([0, 2, 0, 5]);
  expect([data[2], data[5]]).not.toContain(3);
  expect(latents.data[0]).toBe(1);
});
