// `noisette data captions`: captions without markup, addresses and empty words.

import { z } from "zod";
import { cleanCaption } from "@noisette/core/data/clean-caption";
import type { CaptionRules } from "@noisette/core/data/clean-caption";
import type { ExampleRecord } from "@noisette/core/data/record";
import type { Judged } from "../data/selection.ts";
import { namedRecords, selectionOptions, selectionPresentations, writeSelection } from "../data/selection.ts";
import { defineCommand } from "./command.ts";

const group = "Rules";

/** `noisette data captions`. */
export const command = defineCommand({
  usage: ["noisette data captions FOLDER-OR-JSONL-OR-TAR --out clean.jsonl"],
  about:
    "Cleans captions as those of the web have to be (markup, entities, addresses, file names, spaces) and drops pictures whose caption says nothing.",
  options: z.strictObject({
    minLength: z.int().min(1).default(5).describe("Fewest characters"),
    minWords: z.int().min(0).default(1).describe("Fewest words"),
    maxWords: z.int().min(1).optional().describe("Most words"),
    maxRepeats: z.int().min(1).optional().describe("Most pictures that may have the same caption"),
    ...selectionOptions.shape,
  }),
  presentations: {
    minLength: { group },
    minWords: { group },
    maxWords: { group },
    maxRepeats: { group },
    ...selectionPresentations,
  },
  groups: [group, "Output"],
  async run({ out, dropped, ...rules }, words) {
    const { records, skipped } = await namedRecords(words);
    const { judged, changes } = judge(records, rules);
    const changed = [...changes].map(([rule, count]) => `${rule} ${count}`).join(", ");
    process.stdout.write(`changed: ${changed || "nothing"}\n`);
    await writeSelection(judged, { out, dropped, skipped });
  },
});

function judge(
  records: readonly ExampleRecord[],
  rules: CaptionRules,
): { judged: Judged[]; changes: ReadonlyMap<string, number> } {
  const changes = new Map<string, number>();
  const cleaned = records.map((record) => {
    if (record.caption === undefined) return { record, reason: "no caption" };
    const { text, dropped, changed } = cleanCaption(record.caption, rules);
    for (const rule of changed) changes.set(rule, (changes.get(rule) ?? 0) + 1);
    return { record, reason: dropped, caption: text };
  });
  const { maxRepeats = Infinity } = rules;
  const repeats = new Map<string, number>();
  for (const { caption = "" } of cleaned) repeats.set(caption, (repeats.get(caption) ?? 0) + 1);
  const judged = cleaned.map((one) => {
    const isBoilerplate = one.caption !== undefined && repeats.get(one.caption)! > maxRepeats;
    return one.reason === undefined && isBoilerplate
      ? { ...one, reason: `more than ${maxRepeats} pictures with this caption` }
      : one;
  });
  return { judged, changes };
}
