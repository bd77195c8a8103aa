// `noisette data stats`: what a data set is like.

import { z } from "zod";
import { statistics } from "@noisette/core/data/statistics";
import type { Spread, Statistics } from "@noisette/core/data/statistics";
import { namedRecords } from "../data/selection.ts";
import { showLine } from "../terminal/status-line.ts";
import { definitions } from "../terminal/table.ts";
import { defineCommand } from "./command.ts";
import { jsonOption } from "./json-option.ts";

/** `noisette data stats`. */
export const command = defineCommand({
  usage: ["noisette data stats FOLDER-OR-JSONL-OR-TAR"],
  about: "Counts pictures, sizes, shapes, captions, words and labels, and lists what cannot be read.",
  options: z.strictObject(jsonOption.shape),
  presentations: { json: { group: "Output" } },
  async run({ json }, words) {
    const { path, ...list } = await namedRecords(words);
    const line = showLine(process.stderr);
    const counts = await statistics(path, list, ({ done, total }) =>
      line.rewrite(`reading ${done} of ${total}`),
    ).finally(line.clear);
    process.stdout.write(json ? `${JSON.stringify(counts, null, 2)}\n` : `${describe(counts).join("\n")}\n`);
  },
});

function describe(counts: Statistics): string[] {
  const { pictures, skipped, width, height, aspect, sizes, captions, repeatedCaptions, words, characters } = counts;
  const several = (entries: Statistics["sizes"]) => entries.map(([name, count]) => `${name} (${count})`).join(", ");
  return definitions([
    ["pictures", String(pictures)],
    ["width", spread(width)],
    ["height", spread(height)],
    ["aspect", spread(aspect)],
    ["sizes", several(sizes)],
    ["captions", `${captions}, ${repeatedCaptions} of them like another`],
    ...(words && characters
      ? ([
          ["caption words", spread(words)],
          ["caption length", spread(characters)],
        ] as const)
      : []),
    ["vocabulary", `${counts.vocabulary} words`],
    ...(counts.commonWords.length > 0 ? ([["common words", several(counts.commonWords)]] as const) : []),
    ...(counts.labels.length > 0 ? ([["labels", several(counts.labels)]] as const) : []),
    ["skipped", String(skipped.length)],
    ...skipped.slice(0, 20).map(({ id, reason }) => ["", `${id}: ${reason}`] as const),
  ]);
}

const spread = ({ min, median, max }: Spread): string =>
  min === max ? round(min) : `${round(min)} to ${round(max)}, half below ${round(median)}`;
const round = (value: number): string => String(Number(value.toFixed(2)));
