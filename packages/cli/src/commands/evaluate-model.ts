// `noisette evaluate model`: asks a model for pictures of known captions and measures what it makes.

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Image } from "@noisette/core";
import { encodePng } from "@noisette/core/platform/node";
import { jsonLines } from "@noisette/core/data/json-lines";
import { classReport } from "@noisette/core/evaluation/class-report";
import { classTable } from "@noisette/core/evaluation/class-table";
import { generatedPictures } from "@noisette/core/evaluation/generated-pictures";
import { generateOptions } from "@noisette/core/pipelines/options";
import { z } from "zod";
import {
  evaluationOptions,
  evaluationPresentations,
  measuring,
  needed,
  onlyWord,
  openPictures,
} from "../evaluation/evaluation-options.ts";
import { partOf } from "../flags/part-of.ts";
import { samplerFlag } from "../flags/sampling-names.ts";
import { defineCommand } from "./command.ts";

const doing = "evaluate a model";
const path = z.string().min(1);
const sampling = generateOptions.pick({ steps: true, sampler: true, guidanceScale: true, width: true, height: true });

/** `noisette evaluate model`. */
export const command = defineCommand({
  usage: ["noisette evaluate model MODEL --data FOLDER --training FOLDER --judge FOLDER"],
  about:
    "Makes a picture for each caption of a data set that names its classes, and lets a judge say what the pictures show and in which style: beside the real pictures, a training picture of the concept in another style, the nearest training picture, and guessing. Also Fréchet distance, CLIP score, and how near training pictures are.",
  options: z
    .strictObject({
      data: path.optional().describe("Real pictures with captions and classes, which the model did not see"),
      training: path.optional().describe("The pictures that it learnt from"),
      judge: path.optional().describe("Folder of a judge, as noisette evaluate judge or noisette train makes it"),
      clip: path.optional().describe("Folder of a CLIP, for CLIP scores"),
      out: path.optional().describe("Folder for the pictures, report.json and report.md"),
    })
    .extend(sampling.shape)
    .extend(evaluationOptions.omit({ batchSize: true }).shape),
  presentations: {
    ...evaluationPresentations,
    data: { group: "Pictures", value: "FOLDER" },
    training: { group: "Pictures", value: "FOLDER" },
    judge: { group: "Metrics", value: "FOLDER" },
    clip: { group: "Metrics", value: "FOLDER" },
    out: { group: "Output", short: "o", value: "FOLDER" },
    steps: { group: "Sampling", short: "s" },
    sampler: { group: "Sampling", ...samplerFlag({ sampler: "sampler" }) },
    guidanceScale: { group: "Sampling", name: "guidance", short: "g" },
    width: { group: "Sampling", short: "W" },
    height: { group: "Sampling", short: "H" },
  },
  groups: ["Pictures", "Metrics", "Output", "Sampling"],
  async run({ data, training, judge, clip, out, json, ...given }, words) {
    const name = onlyWord(words, doing, "a model");
    const [from, learntFrom] = [needed(data, "--data", doing), needed(training, "--training", doing)];
    const judgedBy = needed(judge, "--judge", doing);
    const { load } = await import("@noisette/core");
    const report = await measuring(given, async (context) => {
      const { engine, signal, progress } = context;
      const real = await openPictures(from, given, context);
      const learnt = await openPictures(learntFrom, {}, context);
      const captions = Array.from({ length: real.length }, (_, i) => real.describe(i).caption ?? "");
      const { device, threads, seed = 0 } = given;
      const model = await load(name, { device, threads, signal });
      let generated: Image[];
      try {
        generated = await generatedPictures(model, captions, {
          sampling: partOf(sampling, given),
          seed,
          signal,
          onProgress: (done, total) => progress("pictures made", done, total),
        });
      } finally {
        await model.close();
      }
      const measured = await classReport(engine, {
        judge: judgedBy,
        clip,
        generated,
        real,
        training: learnt,
        signal,
        onProgress: progress,
      });
      for (const text of measured.notices) context.notice(text);
      if (out !== undefined) await write(out, { generated, captions, report: measured });
      return measured;
    });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : classTable(report));
  },
});

async function write(
  folder: string,
  {
    generated,
    captions,
    report,
  }: { generated: readonly Image[]; captions: readonly string[]; report: Parameters<typeof classTable>[0] },
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = generated.map((_, i) => `${String(i).padStart(5, "0")}.png`);
  for (const [i, image] of generated.entries()) await writeFile(join(folder, names[i]), await encodePng(image));
  await writeFile(
    join(folder, "metadata.jsonl"),
    jsonLines(names.map((file_name, i) => ({ file_name, text: captions[i] }))),
  );
  await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  await writeFile(join(folder, "report.md"), classTable(report));
}
