// `noisette sample`: pictures from a model that takes no text. A command of its own, for of the many flags of `generate` only the
// sampler's have a meaning here, and what is asked for is a class and not a prompt.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { formatInfotext } from "@noisette/core/image/infotext";
import { readPictureText, writePicture } from "@noisette/core/image/picture-file";
import { readBytes } from "@noisette/core/image/png";
import { formatSampleRecord, parseSampleRecord, sampleFields } from "@noisette/core/metadata/sample-record";
import type { SampleLoading, SavedSample } from "@noisette/core/metadata/sample-record";
import { recordKeyword } from "@noisette/core/metadata/saved-record";
import { sampleOptions } from "@noisette/core/pipelines/sample-options";
import type { SampleOptions } from "@noisette/core/pipelines/sample-options";
import type { SampleRecord } from "@noisette/core/pipelines/textless-events";
import { version } from "@noisette/core/util/version";
import { z } from "zod";
import { partOf } from "../flags/part-of.ts";
import { modelOptions, modelPresentations } from "../models/model-options.ts";
import { openOutputFolder, saveNew } from "../pictures/output-folder.ts";
import type { OutputFolder } from "../pictures/output-folder.ts";
import { saveContactSheet } from "../pictures/save-picture.ts";
import type { ListedPicture } from "../pictures/save-picture.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { noProgress, showProgress } from "../terminal/progress.ts";
import type { Progress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { generatePresentations, outputOptions } from "./generate-options.ts";

const loadingOptions = modelOptions.pick({ revision: true, variant: true });
const deviceOptions = modelOptions.pick({ device: true, threads: true });
const openingOptions = loadingOptions.extend(deviceOptions.shape);
const savingOptions = outputOptions.pick({ out: true, format: true, quality: true, json: true, quiet: true });
const pictureOptions = z.strictObject({
  from: z
    .string()
    .min(1)
    .optional()
    .describe("Picture of noisette sample to make again; other flags change what it names"),
});

/** `noisette sample`. */
export const command = defineCommand({
  usage: ["noisette sample MODEL [--class 3,5] [flags]", "noisette sample --from picture.png [flags]"],
  about:
    "Makes pictures with a model that takes no text: UNet2DModel over pixels (DDPM) or over the latents of an autoencoder (LDM), unconditional or by class. Saves them under the names of their seeds, never over an existing file; each holds how it was made.",
  options: sampleOptions.extend(pictureOptions.shape).extend(openingOptions.shape).extend(savingOptions.shape),
  presentations: {
    ...generatePresentations,
    ...modelPresentations,
    classes: { group: "Picture", name: "class", value: "N[,N…]" },
    batchSize: { group: "Memory" },
  },
  groups: ["Picture", "Sampling", "Compatibility", "Model", "Memory", "Output"],
  async run(given, words) {
    const { out, format, quality, json, quiet } = savingOptions.parse(partOf(savingOptions, given));
    const plan = await planSample(given, words);
    const output = await openOutputFolder(out, plan.count, format);
    if (output.format === "png" && quality !== undefined)
      throw new UsageError("Cannot save PNG with --quality: PNG loses nothing (another --format is wanted)");

    const progress = quiet ? noProgress : showProgress(process.stderr);
    const run: Run = { plan, output, quality, progress, saved: [], notices: [] };
    let sheet: string | undefined;
    try {
      const device = await interruptible((signal) => makePictures(run, signal));
      sheet = await saveContactSheet(run.saved, output);
      if (json) {
        const pictures = run.saved.map(({ path, seed, record }) => ({ path, seed, record }));
        process.stdout.write(
          `${JSON.stringify({ version, device, sheet, pictures, notices: run.notices }, null, 2)}\n`,
        );
      }
    } finally {
      progress.end();
      // What is finished stays, whatever happened after it.
      const paths = [...run.saved.map(({ path }) => path), ...(sheet === undefined ? [] : [sheet])];
      if (!json) process.stdout.write(paths.map((path) => `${path}\n`).join(""));
    }
  },
});

/** A run that is ready to start. */
interface SamplePlan {
  /** Path or Hub id. */
  readonly model: string;
  readonly loading: SampleLoading;
  readonly opening: Partial<z.output<typeof openingOptions>>;
  readonly options: SampleOptions;
  /** Pictures that will be made: by number, or all. */
  readonly pictures: readonly number[] | undefined;
  readonly count: number;
  /** The picture to make again, and whether it may be made by another model. */
  readonly repeats: { readonly path: string; readonly hash: string; readonly elsewhere: boolean } | undefined;
}

interface Run {
  readonly plan: SamplePlan;
  readonly output: OutputFolder;
  readonly quality: number | undefined;
  readonly progress: Progress;
  /** Grows with every finished picture. */
  readonly saved: (ListedPicture & { readonly record: SampleRecord })[];
  readonly notices: string[];
}

type Given = Parameters<typeof command.run>[0];

/** Settles what is asked for before a model is opened. Throws UsageError when words and flags do not go together. */
async function planSample(given: Given, words: readonly string[]): Promise<SamplePlan> {
  if (words.length > 1)
    throw new UsageError(
      `Cannot sample: ${words.length} models are named (one is wanted; for a prompt, noisette generate)`,
    );
  const record = given.from === undefined ? undefined : await readSample(given.from);
  const [name] = words;
  if (name === undefined && record === undefined)
    throw new UsageError("Cannot sample: no model is named (a folder of unet and scheduler, or a Hub id, is wanted)");
  const before = record?.loading.model;
  const model = name === undefined ? before! : existsSync(name) ? resolve(name) : name;
  const loading = { ...(name === undefined && record?.loading), ...partOf(loadingOptions, given), model };
  const asked = partOf(sampleOptions, given);
  const options = { ...record?.options, ...asked };
  // One picture of a run that shared its random numbers is made alone, unless the run is another now.
  const isSameRun = record?.batch !== undefined && asked.count === undefined && asked.classes === undefined;
  return {
    model: name ?? model,
    loading,
    opening: { ...loading, ...(record && { device: recordedDevice(record) }), ...partOf(deviceOptions, given) },
    options,
    pictures: isSameRun ? [record.batch!.index] : undefined,
    count: isSameRun ? 1 : (options.classes?.length ?? 1) * (options.count ?? 1),
    repeats: record && { path: given.from!, hash: record.model.hash, elsewhere: name !== undefined },
  };
}

const recordedDevice = ({ device }: SavedSample) => modelOptions.shape.device.safeParse(device).data;

async function readSample(path: string): Promise<SavedSample> {
  const text = readPictureText(await readBytes(path))[recordKeyword];
  if (text === undefined)
    throw new Error(`Cannot repeat "${path}": it does not tell how it was made (one of noisette sample is wanted)`);
  return parseSampleRecord(text, path);
}

/** Returns the device that made them. */
async function makePictures({ plan, output, quality, progress, saved, notices }: Run, signal: AbortSignal) {
  const { model: path, loading, opening, options, pictures, repeats } = plan;
  progress.loading(path);
  // Only now: a help page or a mistake in a flag needs no engine, and is there at once without it.
  const { openTextlessModel } = await import("@noisette/core/pipelines/textless-model");
  const model = await openTextlessModel(path, { ...opening, signal, onDownload: progress.download });
  try {
    const difference = repeats && changedWeights(repeats, await model.model.hash());
    if (difference !== undefined) {
      progress.notice(difference);
      notices.push(difference);
    }
    for await (const event of model.sample({ ...options, pictures, signal })) {
      progress.event(event);
      if (event.kind === "notice") notices.push(event.text);
      if (event.kind !== "image") continue;
      const { seed, image, record } = event;
      const text = {
        parameters: formatInfotext({ prompt: "", fields: sampleFields(record) }),
        [recordKeyword]: formatSampleRecord(record, loading),
      };
      const file = await saveNew({ ...output, name: output.name ?? String(seed) }, (to) =>
        writePicture(to, image, { format: output.format, quality, text }),
      );
      saved.push({ path: file, seed, image, record });
    }
    return model.device;
  } finally {
    await model.close();
  }
}

/** A sentence when the picture to repeat was made with other weights. Throws Error when nobody asked for others. */
function changedWeights(
  { path, hash, elsewhere }: NonNullable<SamplePlan["repeats"]>,
  ours: string,
): string | undefined {
  if (ours === hash) return undefined;
  if (elsewhere)
    return `"${path}" was made by weights of hash ${hash}, these have ${ours}: the picture will be another`;
  throw new Error(
    `Cannot repeat "${path}": its model has other weights now, hash ${ours} (${hash} is wanted, or the name of another model)`,
  );
}
