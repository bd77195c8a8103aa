// Training runs, and what the one that is looked at tells while it goes on.

import { signal } from "@preact/signals";
import type { LogLine } from "@noisette/core/training/log";
import type { TrainingEvent } from "@noisette/server/schema/training";
import { client } from "./api.ts";
import { resource } from "./resource.ts";

/** All runs, the newest first. */
export const trainingRuns = resource(() => client.trainingRuns());

/** Pictures to train on. */
export const datasets = resource(() => client.datasets());

/** A value of a curve. */
export interface CurvePoint {
  readonly step: number;
  readonly value: number;
}

/** What a run told so far. */
export interface RunProgress {
  readonly step: number;
  readonly steps?: number;
  readonly remainingMs?: number;
  readonly imagesPerSecond?: number;
  /** Curves by name; validation losses are "validation". */
  readonly curves: Readonly<Record<string, readonly CurvePoint[]>>;
  /** Addresses of the newest samples. */
  readonly samples: readonly string[];
  readonly notices: readonly string[];
  readonly problem?: string;
  readonly isOver: boolean;
}

const nothing: RunProgress = { step: 0, curves: {}, samples: [], notices: [], isOver: false };

/** The progress of the run that is looked at. */
export const runProgress = signal<RunProgress>(nothing);

/** Follows a run until it ends or `signal` says so: first what it wrote down, then what it tells. */
export async function followRun(id: string, signal: AbortSignal): Promise<void> {
  runProgress.value = nothing;
  const [log, run] = await Promise.all([client.trainingLog(id), client.trainingRun(id)]);
  if (signal.aborted) return;
  const samples = run.samples.map((path) => client.address(path));
  runProgress.value = { ...log.reduce(afterLine, nothing), steps: run.steps, samples };
  const known = runProgress.value.step;
  for await (const event of client.watchTraining(id, { signal })) {
    if (signal.aborted) return;
    // The stream begins with what the log holds too.
    if ((event.kind === "step" || event.kind === "validation") && event.step <= known) continue;
    runProgress.value = afterTrainingEvent(runProgress.value, event);
  }
  await trainingRuns.reload();
}

function afterLine(progress: RunProgress, line: LogLine): RunProgress {
  if (line.kind === "step")
    return { ...progress, step: line.step, curves: withPoints(progress.curves, line.step, line.scalars) };
  if (line.kind === "validation")
    return { ...progress, curves: withPoints(progress.curves, line.step, { validation: line.loss }) };
  if (line.kind === "notice") return { ...progress, notices: [...progress.notices, line.text] };
  return progress;
}

/** The progress after `event`. */
function afterTrainingEvent(progress: RunProgress, event: TrainingEvent): RunProgress {
  switch (event.kind) {
    case "start":
      return { ...progress, step: event.step, steps: event.steps, isOver: false };
    case "step": {
      const { step, steps, remainingMs, imagesPerSecond, scalars } = event;
      return {
        ...progress,
        step,
        steps,
        remainingMs,
        imagesPerSecond,
        curves: withPoints(progress.curves, step, scalars),
      };
    }
    case "validation":
      return { ...progress, curves: withPoints(progress.curves, event.step, { validation: event.loss }) };
    case "samples":
      return { ...progress, samples: event.paths.map((path) => client.address(path)) };
    case "notice":
      return progress.notices.includes(event.text)
        ? progress
        : { ...progress, notices: [...progress.notices, event.text] };
    case "checkpoint":
      return progress;
    case "end":
      return { ...progress, step: event.step, isOver: true };
    case "failed":
      return { ...progress, isOver: true, problem: event.text };
  }
}

function withPoints(
  curves: RunProgress["curves"],
  step: number,
  scalars: Readonly<Record<string, number | string>>,
): RunProgress["curves"] {
  const points = Object.entries(scalars).map(([name, written]) => {
    const value = Number(written);
    return [name, Number.isFinite(value) ? [...(curves[name] ?? []), { step, value }] : (curves[name] ?? [])] as const;
  });
  return { ...curves, ...Object.fromEntries(points) };
}
