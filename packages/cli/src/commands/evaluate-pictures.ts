// `noisette evaluate pictures`: how far generated pictures are from real ones.

import { readStatistics } from "@noisette/core/evaluation/saved-statistics";
import { featureNetworkKinds } from "@noisette/core/evaluation/feature-network";
import { featureMetrics, pairMetrics, pictureReport } from "@noisette/core/evaluation/picture-report";
import type { Figure } from "@noisette/core/evaluation/picture-report";
import type { Dataset } from "@noisette/core/data/dataset";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { z } from "zod";
import {
  evaluationOptions,
  evaluationPresentations,
  figure,
  measuring,
  needed,
  openPictures,
} from "../evaluation/evaluation-options.ts";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";

const metrics = { ...featureMetrics, ...pairMetrics };
const path = z.string().min(1);
const doing = "evaluate pictures";

/** `noisette evaluate pictures`. */
export const command = defineCommand({
  usage: [
    "noisette evaluate pictures -g FOLDER -r FOLDER --features KIND:PATH [flags]",
    "noisette evaluate pictures -g FOLDER -r FOLDER --metric psnr,ssim",
  ],
  about: `Compares generated pictures with real ones. ${Object.entries(metrics)
    .map(([name, { summary }]) => `${name}: ${summary}`)
    .join(". ")}.`,
  options: z
    .strictObject({
      generated: path.optional().describe("Folder, manifest or shards of generated pictures"),
      real: path.optional().describe("Folder, manifest or shards of real ones"),
      statistics: path.optional().describe("Statistics of real pictures instead (.npz of pytorch-fid)"),
      metric: path.default("fid").describe("What to compute, with commas between"),
      features: path.optional().describe("Network whose features are compared"),
    })
    .extend(evaluationOptions.shape),
  presentations: {
    ...evaluationPresentations,
    generated: { group: "Pictures", short: "g", value: "FOLDER" },
    real: { group: "Pictures", short: "r", value: "FOLDER" },
    statistics: { group: "Pictures", value: "FILE" },
    metric: { group: "Metrics", value: "NAMES", range: Object.keys(metrics).join(", ") },
    features: { group: "Metrics", value: "KIND:PATH", range: `kinds: ${featureNetworkKinds.join(", ")}` },
  },
  groups: ["Pictures", "Metrics", "Output"],
  async run({ generated, real, statistics, metric = "fid", features, batchSize, json, ...given }, words) {
    if (words.length > 0) throw new UsageError(`Cannot ${doing}: "${words[0]}" belongs to no flag`);
    const names = metric.split(",").map((name) => name.trim());
    const unknown = names.find((name) => !Object.hasOwn(metrics, name));
    if (unknown !== undefined)
      throw new UsageError(
        `Cannot compute "${unknown}": no such metric (closest: "${closestName(unknown, Object.keys(metrics))}")`,
      );
    if (real !== undefined && statistics !== undefined)
      throw new UsageError(`Cannot ${doing}: there are --real and --statistics (one of them is wanted)`);
    const needsFeatures = names.some((name) => Object.hasOwn(featureMetrics, name));
    if (needsFeatures) needed(features, `--features KIND:PATH (${featureNetworkKinds.join(", ")})`, doing);
    const from = needed(generated, "--generated", doing);

    const report = await measuring(given, async (context) => {
      const { engine, signal, progress } = context;
      const fakes = await openPictures(from, given, context);
      const reals = real === undefined ? undefined : await openPictures(real, given, context);
      const result = await pictureReport(engine, {
        metrics: names,
        features,
        generated: fakes,
        real: statistics === undefined ? reals : await readStatistics(statistics),
        ...(names.includes("clip") && { captions: captionsOf(fakes) }),
        ...(reals && names.some((name) => Object.hasOwn(pairMetrics, name)) && { pairs: pairsOf(reals, fakes) }),
        batchSize,
        signal,
        onProgress: progress,
      });
      for (const text of result.notices) context.notice(text);
      return { generated: fakes.length, real: reals?.length, features, ...result };
    });
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : `${describe(report.figures).join("\n")}\n`);
  },
});

const describe = (figures: readonly Figure[]): string[] =>
  definitions(
    figures.map(({ name, value, deviation }) => [
      name,
      deviation === undefined ? figure(value) : `${figure(value)} ± ${figure(deviation)}`,
    ]),
  );

const captionsOf = (data: Dataset): string[] =>
  Array.from({ length: data.length }, (_, i) => {
    const { id, caption } = data.describe(i);
    if (caption === undefined)
      throw new Error(`Cannot score "${id}": it has no caption (metadata.jsonl or .txt files are wanted)`);
    return caption;
  });

/** Pictures of the same names, but for what kind of file they are. */
function pairsOf(real: Dataset, generated: Dataset): (readonly [number, number])[] {
  const nameOf = (id: string) => id.replace(/\.[^./]+$/, "");
  const places = new Map<string, number>();
  for (let i = 0; i < real.length; i++) places.set(nameOf(real.describe(i).id), i);
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0; i < generated.length; i++) {
    const place = places.get(nameOf(generated.describe(i).id));
    if (place !== undefined) pairs.push([place, i]);
  }
  return pairs;
}
