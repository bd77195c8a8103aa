// How far a training is, on standard error.

import type { TrainingEvent } from "@noisette/core/training/events";
import type { ProgressStream } from "./status-line.ts";
import { bar, showLine } from "./status-line.ts";
import { formatDuration } from "./units.ts";

/** Where plain lines are written instead of a bar: this often. */
const plainEveryMs = 30_000;

/** Tells a person what a training does. */
export interface TrainingProgress {
  event(event: TrainingEvent): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** Progress on `stream`: a bar on a terminal, a line now and then elsewhere. */
export function showTraining(stream: ProgressStream): TrainingProgress {
  const { rewrite, keep, clear } = showLine(stream);
  let told = performance.now();
  return {
    event(event) {
      if (event.kind === "start")
        keep(
          `${event.step === 0 ? "training" : `going on after step ${event.step}`}, ${event.steps} steps on ${event.examples} pictures, on ${event.device}`,
        );
      if (event.kind === "notice") keep(`note: ${event.text}`);
      if (event.kind === "step") {
        if (stream.isTTY) rewrite(trainingLine(event));
        else if (performance.now() - told > plainEveryMs) {
          told = performance.now();
          keep(trainingLine(event));
        }
      }
      if (event.kind === "validation") keep(`step ${event.step}: validation loss ${number(event.loss)}`);
      if (event.kind === "samples") keep(`step ${event.step}: ${event.paths.join(", ")}`);
      if (event.kind === "end") keep(`${event.how} at step ${event.step}`);
    },
    end: clear,
  };
}

/** One step as a line: bar, steps, losses, pace, time left. */
export function trainingLine({
  step,
  steps,
  scalars,
  imagesPerSecond,
  remainingMs,
}: Extract<TrainingEvent, { kind: "step" }>): string {
  const losses = Object.entries(scalars)
    .filter(([name]) => /(^|\.)loss$/.test(name))
    .map(([name, value], _, all) => `${all.length > 1 ? name.replace(/\.loss$/, "") : "loss"} ${number(value)}`);
  const left = remainingMs > 0 ? `, ${formatDuration(remainingMs)} left` : "";
  return `${bar(step / steps)} step ${step}/${steps}, ${losses.join(", ")}, ${number(imagesPerSecond)} images/s${left}`;
}

const number = (value: number): string => String(Number(value.toPrecision(3)));
