// `noisette data filter`: pictures by size, shape and scores.

import { z } from "zod";
import { parseCondition, reasonAgainst } from "@noisette/core/data/filter";
import type { Condition } from "@noisette/core/data/filter";
import type { Judged } from "../data/selection.ts";
import { namedRecords, selectionOptions, selectionPresentations, writeSelection } from "../data/selection.ts";
import { showLine } from "../terminal/status-line.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const group = "Keep";

/** `noisette data filter`. */
export const command = defineCommand({
  usage: ["noisette data filter FOLDER-OR-JSONL-OR-TAR --min-width 512 -o kept.jsonl"],
  about:
    "Keeps pictures by size, shape and the columns of their metadata, such as the scores of LAION's releases. A picture without a column that is asked for is dropped.",
  options: z.strictObject({
    minWidth: z.int().min(1).optional().describe("Least width"),
    minHeight: z.int().min(1).optional().describe("Least height"),
    minArea: z.int().min(1).optional().describe("Least number of pixels"),
    maxAspect: z.number().min(1).optional().describe("Most that the longer side may be of the shorter"),
    minAesthetic: z.number().optional().describe("Least aesthetic score (aesthetic, aesthetic_score, AESTHETIC_SCORE)"),
    maxUnsafe: z.number().optional().describe("Most probability of being unsafe (punsafe, nsfw_score)"),
    where: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe('Condition on a column: "similarity>=0.3", "NSFW=UNLIKELY"'),
    ...selectionOptions.shape,
  }),
  presentations: {
    minWidth: { group },
    minHeight: { group },
    minArea: { group },
    maxAspect: { group },
    minAesthetic: { group },
    maxUnsafe: { group },
    where: { group, value: "CONDITION" },
    ...selectionPresentations,
  },
  groups: [group, "Output"],
  async run({ where = [], out, dropped, ...options }, words) {
    const conditions = [where].flat().map(condition);
    if (conditions.length === 0 && Object.keys(options).length === 0)
      throw new UsageError("Cannot filter: no condition is given (--min-width 512, --where ...)");
    const { records, skipped } = await namedRecords(words);
    const line = showLine(process.stderr);
    const judged: Judged[] = [];
    for (const record of records) {
      judged.push({ record, reason: await reasonAgainst(record, { ...options, conditions }) });
      line.rewrite(`reading ${judged.length} of ${records.length}`);
    }
    line.clear();
    await writeSelection(judged, { out, dropped, skipped });
  },
});

function condition(text: string): Condition {
  try {
    return parseCondition(text);
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}
