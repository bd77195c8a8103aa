// How far a generation is, on standard error: a line that rewrites itself on a terminal, a few plain lines elsewhere.

import type { GenerateEvent } from "@noisette/core";
import { formatBytes, formatDuration } from "./units.ts";

type StepEvent = Extract<GenerateEvent, { kind: "step" }>;

/** Bytes of one file, arriving. */
export interface Download {
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
}

/** Tells a person what is going on. */
export interface Progress {
  loading(model: string): void;
  download(download: Download): void;
  notice(text: string): void;
  event(event: GenerateEvent): void;
  /** Leaves the terminal as it was. */
  end(): void;
}

/** The stream that progress is written to, as far as it is used. */
export type ProgressStream = Pick<NodeJS.WriteStream, "write" | "isTTY" | "columns">;

/** Progress on `stream`. */
export function showProgress(stream: ProgressStream): Progress {
  const isTerminal = stream.isTTY === true;
  let pictures = 1;
  let finished = 0;
  let pictureStart = performance.now();
  let isDrawn = false;

  const clear = () => {
    if (isDrawn) stream.write("\r\u001b[K");
    isDrawn = false;
  };
  const line = (text: string) => {
    clear();
    stream.write(`${text}\n`);
  };
  const draw = (text: string) => {
    if (!isTerminal) return;
    stream.write(`\r\u001b[K${[...text].slice(0, (stream.columns || 80) - 1).join("")}`);
    isDrawn = true;
  };

  return {
    loading: (model) => draw(`loading ${model} …`),
    download({ file, receivedBytes, totalBytes }) {
      if (receivedBytes === totalBytes) line(`downloaded ${file} (${formatBytes(totalBytes)})`);
      else
        draw(`${bar(receivedBytes / totalBytes)} ${file} ${formatBytes(receivedBytes)} of ${formatBytes(totalBytes)}`);
    },
    notice: (text) => line(`note: ${text}`),
    event(event) {
      if (event.kind === "notice") line(`note: ${event.text}`);
      if (event.kind === "start") {
        pictures = event.pictures;
        finished = 0;
        pictureStart = performance.now();
        line(
          `${pictures === 1 ? "1 picture" : `${pictures} pictures`} of ${event.steps} ${event.steps === 1 ? "step" : "steps"} on ${event.device}`,
        );
        draw("loading the networks …");
      }
      if (event.kind === "step") draw(stepLine(event, { pictures, finished }));
      if (event.kind === "image") {
        finished++;
        const tookMs = performance.now() - pictureStart;
        pictureStart += tookMs;
        line(`picture ${finished} of ${pictures}: seed ${event.seed}, ${formatDuration(tookMs)}`);
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

const barWidth = 20;

/** A bar of 20 columns, filled for `share` of it. */
function bar(share: number): string {
  const filled = Math.round(barWidth * Math.min(1, share));
  return `${"█".repeat(filled)}${"░".repeat(barWidth - filled)}`;
}
