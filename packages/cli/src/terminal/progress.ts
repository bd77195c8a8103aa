// How far a generation is, on standard error: a line that rewrites itself on a terminal, a few plain lines elsewhere.

import type { GenerateEvent, ImageEvent } from "@noisette/core";
import type { ProgressStream } from "./status-line.ts";
import { bar, showLine } from "./status-line.ts";
import { formatBytes, formatDuration } from "./units.ts";

type StepEvent = Extract<GenerateEvent, { kind: "step" }>;

/** Bytes of one file, arriving. */
export interface Download {
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** What is told of a run, from text or not. */
export type ToldEvent = Exclude<GenerateEvent, ImageEvent> | Pick<ImageEvent, "kind" | "seed">;

/** Tells a person what is going on. */
export interface Progress {
  loading(model: string): void;
  download(download: Download): void;
  notice(text: string): void;
  event(event: ToldEvent): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** Progress on `stream`. */
export function showProgress(stream: ProgressStream): Progress {
  const { rewrite, keep, clear } = showLine(stream);
  let pictures = 1;
  let finished = 0;
  let pictureStart = performance.now();

  return {
    loading: (model) => rewrite(`loading ${model} …`),
    download({ file, receivedBytes, totalBytes }) {
      if (receivedBytes === totalBytes) keep(`downloaded ${file} (${formatBytes(totalBytes)})`);
      else
        rewrite(
          `${bar(receivedBytes / totalBytes)} ${file} ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`,
        );
    },
    notice: (text) => keep(`note: ${text}`),
    event(event) {
      if (event.kind === "notice") keep(`note: ${event.text}`);
      if (event.kind === "start") {
        pictures = event.pictures;
        finished = 0;
        pictureStart = performance.now();
        keep(
          `${pictures === 1 ? "1 picture" : `${pictures} pictures`} of ${event.steps} ${event.steps === 1 ? "step" : "steps"} on ${event.device}`,
        );
        rewrite("loading the networks …");
      }
      if (event.kind === "step") rewrite(stepLine(event, { pictures, finished }));
      if (event.kind === "refused") finished++;
      if (event.kind === "image") {
        finished++;
        const tookMs = performance.now() - pictureStart;
        pictureStart += tookMs;
        keep(`picture ${finished} of ${pictures}: seed ${event.seed}, ${formatDuration(tookMs)}`);
      }
    },
    end: clear,
  };
}

/** A progress that says nothing. */
export const noProgress: Progress = { loading() {}, download() {}, notice() {}, event() {}, end() {} };

/** One step as a line: bar, steps, pace, time left, which picture. */
export function stepLine(
  { step, steps, stepMs, remainingMs }: StepEvent,
  { pictures, finished }: { pictures: number; finished: number },
): string {
  const place = pictures === 1 ? "" : `, picture ${finished + 1} of ${pictures}`;
  const state = remainingMs > 0 ? `${formatDuration(remainingMs)} left` : "decoding";
  return `${bar((finished + step / steps) / pictures)} step ${step}/${steps}, ${formatDuration(stepMs)} a step, ${state}${place}`;
}
