// `noisette "a red fox"`: pictures from a prompt, saved with the record of how they were made.

import type { Model } from "@noisette/core";
import { version } from "@noisette/core/util/version";
import { partOf } from "../flags/part-of.ts";
import { openOutputFolder } from "../pictures/output-folder.ts";
import type { OutputFolder } from "../pictures/output-folder.ts";
import { planGeneration } from "../pictures/plan.ts";
import type { GenerationPlan } from "../pictures/plan.ts";
import { saveContactSheet, savePicture, savePreview } from "../pictures/save-picture.ts";
import type { SavedPicture } from "../pictures/save-picture.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { noProgress, showProgress } from "../terminal/progress.ts";
import type { Progress } from "../terminal/progress.ts";
import { defineCommand } from "./command.ts";
import { generateCommandOptions, generateGroups, generatePresentations, outputOptions } from "./generate-options.ts";

/** `noisette generate`, or just a prompt. */
export const command = defineCommand({
  usage: ['noisette "a red fox in the snow" [flags]', "noisette generate --from picture.png [flags]"],
  about:
    "Makes pictures and saves them as PNG files named after their seeds, never over an existing file. Each holds how it was made: as AUTOMATIC1111's parameters, and in full for --from.",
  options: generateCommandOptions,
  presentations: generatePresentations,
  groups: generateGroups,
  async run(given, words) {
    const started = performance.now();
    const { out, json, quiet } = outputOptions.parse(partOf(outputOptions, given));
    const plan = await planGeneration(given, words);
    const output = await openOutputFolder(out, plan.count);

    const progress = quiet ? noProgress : showProgress(process.stderr);
    const run: Run = { plan, output, progress, saved: [], notices: [...plan.notices] };
    for (const notice of plan.notices) progress.notice(notice);
    try {
      const made = await interruptible((signal) => makePictures(run, signal));
      if (json) {
        const pictures = run.saved.map(({ path, seed, record }) => ({ path, seed, record }));
        const document = {
          version,
          ...made,
          pictures,
          notices: run.notices,
          elapsedMs: Math.round(performance.now() - started),
        };
        process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
      } else if (made.sheet !== undefined) {
        run.saved.push({ ...run.saved[0], path: made.sheet });
      }
    } finally {
      progress.end();
      // What is finished stays, whatever happened after it.
      if (!json) process.stdout.write(run.saved.map(({ path }) => `${path}\n`).join(""));
    }
  },
});

interface Run {
  readonly plan: GenerationPlan;
  readonly output: OutputFolder;
  readonly progress: Progress;
  /** Grows with every finished picture. */
  readonly saved: SavedPicture[];
  readonly notices: string[];
}

async function makePictures(
  { plan, output, progress, saved, notices }: Run,
  signal: AbortSignal,
): Promise<{ device: string; sheet: string | undefined }> {
  progress.loading(plan.model);
  // Only now: a help page or a mistake in a flag needs no engine, and is there at once without it.
  const { load } = await import("@noisette/core");
  const model = await load(plan.model, { ...plan.load, signal, onDownload: progress.download });
  try {
    const difference = await modelDifference(plan, model);
    if (difference !== undefined) {
      progress.notice(difference);
      notices.push(difference);
    }
    for await (const event of model.generate({ ...plan.options, signal })) {
      progress.event(event);
      if (event.kind === "notice") notices.push(event.text);
      if (event.kind === "step" && event.preview !== undefined) await savePreview(output, event.preview);
      if (event.kind === "image") saved.push(await savePicture(event, { output, loading: plan.loading }));
    }
    return { device: model.device, sheet: await saveContactSheet(saved, output) };
  } finally {
    await model.close();
  }
}

/** A sentence when the picture to repeat was made with other weights. Throws Error when nobody asked for others. */
async function modelDifference({ repeats }: GenerationPlan, { checkpoint }: Model): Promise<string | undefined> {
  if (repeats === undefined) return undefined;
  const { name, hash } = repeats.record.model;
  const ours = await checkpoint.hash();
  if (ours === hash) return undefined;
  if (repeats.elsewhere)
    return `"${repeats.path}" was made with ${name} (hash ${hash}), this model's hash is ${ours}: the picture will be another`;
  throw new Error(
    `Cannot repeat "${repeats.path}": "${checkpoint.path}" has other weights now, hash ${ours} (${hash} is wanted, or --model to use another)`,
  );
}
