// `noisette data dedupe`: of nearly equal pictures, one.

import { z } from "zod";
import { findDuplicates } from "@noisette/core/data/dedupe";
import { namedRecords, selectionOptions, selectionPresentations, writeSelection } from "../data/selection.ts";
import { showLine } from "../terminal/status-line.ts";
import { defineCommand } from "./command.ts";

const group = "Nearness";

/** `noisette data dedupe`. */
export const command = defineCommand({
  usage: ["noisette data dedupe FOLDER-OR-JSONL-OR-TAR --out kept.jsonl"],
  about:
    "Finds nearly equal pictures, by the difference of their pixels and by a perceptual hash, and keeps the first of each.",
  options: z.strictObject({
    rms: z.number().min(0).max(1).default(0.02).describe("Difference of pixels at 32 px below which two are equal"),
    distance: z
      .int()
      .min(-1)
      .max(16)
      .default(3)
      .describe("Bits of 64 in which their hashes may differ; -1 for no hashes"),
    ...selectionOptions.shape,
  }),
  presentations: { rms: { group }, distance: { group }, ...selectionPresentations },
  groups: [group, "Output"],
  async run({ rms, distance, out, dropped }, words) {
    const { records, skipped } = await namedRecords(words);
    const line = showLine(process.stderr);
    const onProgress = ({ done, total }: { done: number; total: number }) =>
      line.rewrite(`reading ${done} of ${total}`);
    const reasons = await findDuplicates(records, { rms, distance, onProgress }).finally(line.clear);
    await writeSelection(
      records.map((record, i) => ({ record, reason: reasons[i] })),
      { out, dropped, skipped },
    );
  },
});
