import { describe, expect, it } from "vitest";
import { showTraining, trainingLine } from "./training-progress.ts";

const step = {
  kind: "step",
  step: 50,
  steps: 200,
  epoch: 1,
  learningRate: 1e-4,
  imagesPerSecond: 45.678,
  remainingMs: 125_000,
  scalars: { "denoising.loss": 0.12345, gradientNorm: 3 },
} as const;

describe("trainingLine()", () => {
  it("trainingLine() tells the loss, the pace and what is left", () => {
    expect(trainingLine(step)).toBe("█████░░░░░░░░░░░░░░░ step 50/200, loss 0.123, 45.7 images/s, 2:05 left");
  });
  it("trainingLine() names losses when there are several", () => {
    const scalars = { "autoencoder.loss": 1, "discriminator.loss": 2 };
    expect(trainingLine({ ...step, step: 200, remainingMs: 0, scalars })).toBe(
      "████████████████████ step 200/200, autoencoder 1, discriminator 2, 45.7 images/s",
    );
  });
});

describe("showTraining()", () => {
  it("showTraining() writes plain lines when it is no terminal", () => {
    let text = "";
    const stream = { isTTY: false, columns: 80, write: (part: string) => ((text += part), true) } as never;
    const progress = showTraining(stream);
    progress.event({ kind: "start", step: 0, steps: 200, device: "cpu", examples: 12 });
    progress.event(step);
    progress.event({ kind: "validation", step: 50, loss: 0.5, scalars: {} });
    progress.event({ kind: "end", step: 200, how: "finished" });
    progress.end();
    expect(text).toBe(
      "training, 200 steps on 12 pictures, on cpu\nstep 50: validation loss 0.5\nfinished at step 200\n",
    );
  });
});
