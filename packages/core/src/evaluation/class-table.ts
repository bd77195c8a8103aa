// The measurements of generated pictures as a table for a model card.

import { judgedSets } from "./class-report.ts";
import type { ClassReport, JudgedSet } from "./class-report.ts";

/** `report` as Markdown. */
export function classTable({ sets, chance, neighbours }: ClassReport): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const optional = (value: number | undefined, digits: number) => (value === undefined ? "–" : value.toFixed(digits));
  const rows = (Object.entries(sets) as [keyof typeof judgedSets, JudgedSet][]).map(
    ([name, { pictures, concept, style, distance, clipScore }]) => [
      judgedSets[name],
      String(pictures),
      percent(concept.top1),
      percent(concept.top5),
      percent(style),
      optional(distance, 2),
      optional(clipScore, 1),
    ],
  );
  const guess = ["guessing", "–", percent(chance.top1), percent(chance.top5), percent(chance.style), "–", "–"];
  const titles = ["pictures of", "count", "concept top-1", "concept top-5", "style", "FD-judge", "CLIP score"];
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const spread = ({ least, median, mean }: ClassReport["neighbours"]["real"]) =>
    `${median.toFixed(3)} in the middle, ${mean.toFixed(3)} on average, ${least.toFixed(3)} at least`;
  return [
    line(titles),
    line(titles.map((_, i) => (i === 0 ? "---" : "---:"))),
    ...[...rows, guess].map(line),
    "",
    `Root mean square difference to the nearest training picture (32 px, values from 0 to 1): generated ${spread(neighbours.generated)}; real ${spread(neighbours.real)}.`,
    "",
  ].join("\n");
}
