// `noisette "a red fox"`: pictures from a prompt, saved with the record of how they were made.

import type { Image, Model, PictureRecord } from "@noisette/core";
import { generateOptions } from "@noisette/core/pipelines/options";
import { version } from "@noisette/core/util/version";
import { flagsOf } from "../flags/flag.ts";
import { partOf } from "../flags/part-of.ts";
import { openOutputFolder } from "../pictures/output-folder.ts";
import type { OutputFolder } from "../pictures/output-folder.ts";
import { planGeneration } from "../pictures/plan.ts";
import type { GenerationPlan } from "../pictures/plan.ts";
import { saveAttention, saveContactSheet, savePicture, savePlot, savePreview } from "../pictures/save-picture.ts";
import type { SavedPicture } from "../pictures/save-picture.ts";
import { openSession } from "../models/open-session.ts";
import type { Session } from "../models/open-session.ts";
import type { Change } from "../plots/axis.ts";
import { planPlot, plotOptions } from "../plots/plot.ts";
import type { Plot } from "../plots/plot.ts";
import { interruptible } from "../terminal/interrupt.ts";
import { noProgress, showProgress } from "../terminal/progress.ts";
import type { Progress } from "../terminal/progress.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { generateCommandOptions, generateGroups, generatePresentations, outputOptions } from "./generate-options.ts";

/** `noisette generate`, or just a prompt. */
export const command = defineCommand({
  usage: ['noisette "a red fox in the snow" [flags]', "noisette generate --from picture.png [flags]"],
  about:
    "Makes pictures and saves them under the names of their seeds, never over an existing file. Each holds how it was made: as AUTOMATIC1111's parameters, and in full for --from.",
  options: generateCommandOptions,
  presentations: generatePresentations,
  groups: generateGroups,
  async run(given, words) {
    const started = performance.now();
    const { out, format, quality, json, quiet } = outputOptions.parse(partOf(outputOptions, given));
    const plan = await planGeneration(given, words);
    const plot = await planPlot(partOf(plotOptions, given), plan.options, plotFlags);
    const output = await openOutputFolder(out, plan.count * (plot?.cells.length ?? 1), format);
    if (output.format === "png" && quality !== undefined)
      throw new UsageError("Cannot save PNG with --quality: PNG loses nothing (another --format is wanted)");

    const progress = quiet ? noProgress : showProgress(process.stderr);
    const run: Run = { plan, plot, output, quality, progress, saved: [], notices: [...plan.notices] };
    for (const notice of plan.notices) progress.notice(notice);
    let sheets: readonly string[] = [];
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
      }
      sheets = [...made.attention, ...(made.plots ?? []), ...(made.sheet === undefined ? [] : [made.sheet])];
    } finally {
      progress.end();
      // What is finished stays, whatever happened after it.
      const paths = [...run.saved.map(({ path }) => path), ...sheets];
      if (!json) process.stdout.write(paths.map((path) => `${path}\n`).join(""));
    }
  },
});

const plotFlags = flagsOf(generateOptions, generatePresentations);

interface Run {
  readonly plan: GenerationPlan;
  readonly plot: Plot | undefined;
  readonly output: OutputFolder;
  readonly quality: number | undefined;
  readonly progress: Progress;
  /** Grows with every finished picture. */
  readonly saved: SavedPicture[];
  readonly notices: string[];
}

/** What is there beside the pictures: all as paths. */
interface Made {
  readonly device: string;
  readonly attention: readonly string[];
  readonly sheet?: string;
  readonly plots?: readonly string[];
}

async function makePictures(
  { plan, plot, output, quality, progress, saved, notices }: Run,
  signal: AbortSignal,
): Promise<Made> {
  let session: Session | undefined;
  const pictures = new Map<Change, Image>();
  const attention: string[] = [];
  try {
    for (const cell of plot?.cells ?? [{} as Change]) {
      const path = cell.model ?? plan.model;
      if (session?.path !== path) {
        await session?.close();
        session = undefined;
        progress.loading(path);
        session = await openSession(path, plan, { signal, onDownload: progress.download });
        const difference = path === plan.model ? await modelDifference(plan, session.model) : undefined;
        if (difference !== undefined) {
          progress.notice(difference);
          notices.push(difference);
        }
      }
      const { model, inputs } = session;
      for await (const event of model.generate({ ...plan.options, ...cell.options, ...inputs, signal })) {
        progress.event(event);
        if (event.kind === "notice") notices.push(event.text);
        if (event.kind === "step" && event.preview !== undefined) await savePreview(output, event.preview);
        if (event.kind !== "image") continue;
        for (const text of saved.length > 0 ? [] : loraDifferences(plan, event.record)) {
          progress.notice(text);
          notices.push(text);
        }
        saved.push(
          await savePicture(event, {
            output,
            quality,
            loading: path === plan.model ? plan.loading : { ...plan.loading, model: path },
          }),
        );
        if (event.image !== undefined && !pictures.has(cell)) pictures.set(cell, event.image);
        attention.push(...[await saveAttention(event, output)].flatMap((sheet) => sheet ?? []));
      }
    }
    if (saved.length === 0)
      throw new Error("Cannot save pictures: all were held back (another prompt or seed, or --nsfw blur, is wanted)");
    const { device } = session!.model;
    if (plot === undefined) return { device, attention, sheet: await saveContactSheet(saved, output) };
    return { device, attention, plots: await savePlot(await plot.sheets(pictures), output, saved[0].seed) };
  } finally {
    await session?.close();
  }
}

/** A sentence for each LoRA whose file is another than that of the picture to repeat. */
function loraDifferences({ repeats }: GenerationPlan, { loras = [] }: PictureRecord): string[] {
  return loras.flatMap(({ name, hash }) => {
    const theirs = repeats?.loraHashes[name];
    if (theirs === undefined || theirs.startsWith(hash) || hash.startsWith(theirs)) return [];
    return `"${repeats!.path}" was made with another LoRA "${name}" (hash ${theirs}, this one's is ${hash}): the picture will be another`;
  });
}

/** A sentence when the picture to repeat was made with other weights. Throws Error when nobody asked for others. */
async function modelDifference({ repeats }: GenerationPlan, { checkpoint }: Model): Promise<string | undefined> {
  if (repeats === undefined) return undefined;
  const { name = "a model", hash } = repeats.model;
  const ours = await checkpoint.hash();
  if (ours === hash) return undefined;
  const theirs = hash === undefined ? name : `${name} (hash ${hash})`;
  if (repeats.elsewhere)
    return `"${repeats.path}" was made with ${theirs}, this model's hash is ${ours}: the picture will be another`;
  throw new Error(
    `Cannot repeat "${repeats.path}": "${checkpoint.path}" has other weights now, hash ${ours} (${hash} is wanted, or --model to use another)`,
  );
}
