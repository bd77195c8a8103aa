// `noisette bench`: how fast a model is here. A first picture loads the networks, a second one is timed.

import { generateOptions } from "@noisette/core/pipelines/options";
import { version } from "@noisette/core/util/version";
import type { GenerateEvent, GenerateInputs, GenerateOptions, Model } from "@noisette/core";
import { partOf } from "../flags/part-of.ts";
import { enginesPeakBytes } from "../models/engine-memory.ts";
import { loadOptions, modelOptions, modelPresentations } from "../models/model-options.ts";
import { defaultModel } from "../models/default-model.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { noProgress, showProgress } from "../terminal/progress.ts";
import { definitions } from "../terminal/table.ts";
import { formatBytes, formatDuration } from "../terminal/units.ts";
import { defineCommand } from "./command.ts";
import { generatePresentations } from "./generate-options.ts";
import { jsonOption } from "./json-option.ts";

const timedOptions = generateOptions.pick({
  width: true,
  height: true,
  steps: true,
  sampler: true,
  guidanceScale: true,
  guidanceBatching: true,
  tiledDecode: true,
});
const defaultSteps = 5;

/** `noisette bench`. */
export const command = defineCommand({
  usage: ["noisette bench [flags]"],
  about: `Makes two pictures of ${defaultSteps} steps and keeps neither: the first loads the networks, the second is timed. Other programs that work meanwhile make it slower.`,
  options: timedOptions.extend(modelOptions.shape).extend(jsonOption.shape),
  presentations: { ...generatePresentations, ...modelPresentations, json: { group: "Output" } },
  groups: ["Sampling", "Picture", "Model", "Memory", "Output"],
  async run(given) {
    const named = partOf(modelOptions, given);
    const model = named.model ?? (process.env.NOISETTE_MODEL || defaultModel().path);
    const options = { steps: defaultSteps, ...partOf(timedOptions, given), prompt: "a red fox in the snow", seed: 0 };
    const progress = given.json ? noProgress : showProgress(process.stderr);
    const times = await interruptible(async (signal) => {
      progress.loading(model);
      const { load } = await import("@noisette/core");
      const openStart = performance.now();
      const opened = await load(model, { ...loadOptions(named), signal, onDownload: progress.download });
      const openMs = performance.now() - openStart;
      try {
        const first = await timePicture(opened, { ...options, signal }, progress.event);
        const second = await timePicture(opened, { ...options, signal }, progress.event);
        return { first, second, openMs, device: opened.device, hash: await opened.checkpoint.hash() };
      } finally {
        await opened.close();
      }
    }).finally(progress.end);
    const report = summarize(model, times);
    process.stdout.write(`${given.json ? JSON.stringify(report, null, 2) : definitions(entries(report)).join("\n")}\n`);
  },
});

/** Where the time of one picture went. */
interface PictureTimes {
  readonly width: number;
  readonly height: number;
  /** Until the first step begins: text encoders, and what must be loaded for them and for the UNet. */
  readonly encodeMs: number;
  readonly stepsMs: readonly number[];
  /** From the last step to the picture. */
  readonly decodeMs: number;
  readonly peakBytes: number | undefined;
}

async function timePicture(
  model: Model,
  options: GenerateOptions & GenerateInputs,
  tell: (event: GenerateEvent) => void,
): Promise<PictureTimes> {
  const start = performance.now();
  const stepsMs: number[] = [];
  let encodeMs = 0;
  let lastStep = start;
  for await (const event of model.generate(options)) {
    tell(event);
    const now = performance.now();
    if (event.kind === "step") {
      if (stepsMs.length === 0) encodeMs = now - start - event.stepMs;
      stepsMs.push(event.stepMs);
      lastStep = now;
    }
    if (event.kind === "image") {
      const { width, height } = event.record.options;
      return { width, height, encodeMs, stepsMs, decodeMs: now - lastStep, peakBytes: enginesPeakBytes() };
    }
  }
  throw new Error("Cannot time the model: it made no picture");
}

interface Times {
  readonly first: PictureTimes;
  readonly second: PictureTimes;
  readonly openMs: number;
  readonly device: string;
  readonly hash: string;
}

function summarize(model: string, { first, second, openMs, device, hash }: Times) {
  const { width, height, encodeMs, stepsMs, decodeMs } = second;
  const sorted = stepsMs.toSorted((a, b) => a - b);
  // What the first picture took longer is what was loaded for it.
  const loadMs = openMs + Math.max(0, first.encodeMs - encodeMs) + Math.max(0, first.decodeMs - decodeMs);
  return {
    version,
    model,
    hash,
    device,
    width,
    height,
    loadMs,
    encodeMs,
    stepMs: sorted[sorted.length >> 1],
    stepsMs,
    decodeMs,
    peakBytes: first.peakBytes,
  };
}

function entries(report: ReturnType<typeof summarize>): [string, string][] {
  const { stepsMs } = report;
  return [
    ["model", `${report.model} (hash ${report.hash})`],
    ["picture", `${report.width}×${report.height} on ${report.device}`],
    ["load", formatDuration(report.loadMs)],
    ["text", formatDuration(report.encodeMs)],
    [
      "a step",
      `${formatDuration(report.stepMs)}, the median of ${stepsMs.length} from ${formatDuration(Math.min(...stepsMs))} to ${formatDuration(Math.max(...stepsMs))}`,
    ],
    ["decoding", formatDuration(report.decodeMs)],
    [
      "peak memory",
      report.peakBytes === undefined
        ? "not known on this system"
        : `${formatBytes(report.peakBytes)} in the engine's process`,
    ],
  ];
}
