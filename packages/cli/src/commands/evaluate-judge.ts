// `noisette evaluate judge`: makes the judge that other measurements ask.

import { fitJudge } from "@noisette/core/evaluation/fit-judge";
import { z } from "zod";
import {
  evaluationOptions,
  evaluationPresentations,
  measuring,
  needed,
  onlyWord,
  openPictures,
} from "../evaluation/evaluation-options.ts";
import { defineCommand } from "./command.ts";

const doing = "make a judge";

/** `noisette evaluate judge`. */
export const command = defineCommand({
  usage: ["noisette evaluate judge PICTURES --out FOLDER [flags]"],
  about:
    "Makes a judge for evaluate model: a MobileNetV2 that was trained on photographs looks at pictures whose classes are known, and linear discriminants of its features tell concepts and styles apart. Nothing is trained; ten pictures or so take a second.",
  options: z
    .strictObject({
      out: z.string().min(1).optional().describe("Folder for the judge"),
      concept: z.string().min(1).default("label").describe("Column with what a picture shows"),
      style: z.string().min(1).optional().describe("Column with its style (all are of one)"),
      size: z.int().min(32).max(1024).multipleOf(32).default(128).describe("Side to bring pictures to"),
      shrinkage: z.number().min(0).max(1).default(0.3).describe("How much of the features' covariances to leave out"),
    })
    .extend(evaluationOptions.omit({ json: true }).shape),
  presentations: {
    ...evaluationPresentations,
    out: { group: "Output", short: "o", value: "FOLDER" },
    concept: { group: "Pictures", value: "COLUMN" },
    style: { group: "Pictures", value: "COLUMN" },
    size: { group: "Pictures" },
    shrinkage: { group: "Fit" },
  },
  groups: ["Pictures", "Fit", "Output"],
  async run({ out, concept = "label", style, size, shrinkage, batchSize, ...given }, words) {
    const from = onlyWord(words, doing, "a folder, manifest or shards of pictures");
    const into = needed(out, "--out", doing);
    const { classifierFolder } = await import("@noisette/server/content/open-classifier");
    const { pictures, concepts, styles } = await measuring(given, async (context) =>
      fitJudge(context.engine, {
        data: await openPictures(from, given, context),
        columns: { concept, ...(style !== undefined && { style }) },
        trunk: classifierFolder,
        out: into,
        size,
        shrinkage,
        batchSize,
        signal: context.signal,
        onProgress: (done, total) => context.progress("pictures", done, total),
      }),
    );
    process.stdout.write(`${into}: ${concepts} concepts and ${styles} styles, told apart by ${pictures} pictures\n`);
  },
});
