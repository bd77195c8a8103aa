// An X/Y plot: one prompt and seed by every choice of two options; on the command line --x "steps=…" --y "sampler=…":
// npx tsx --conditions=source examples/plot.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { runExample } from "./run-example.ts";

/** Pictures by steps across and samplers down. */
export async function stepsBySamplers(
  sd: Model,
  {
    counts,
    samplers,
    ...options
  }: GenerateOptions & { counts: readonly number[]; samplers: readonly NonNullable<GenerateOptions["sampler"]>[] },
): Promise<Image> {
  const cells: Image[][] = [];
  for (const sampler of samplers) {
    const row: Image[] = [];
    for (const steps of counts) row.push((await sd.generate({ ...options, sampler, steps })).images[0].image!);
    cells.push(row);
  }
  return labelledGrid({ columns: counts.map((steps) => `${steps} steps`), rows: samplers, cells });
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox"]) => ({
  plot: await stepsBySamplers(sd, { prompt, seed: 1, counts: [5, 10, 20], samplers: ["euler", "heun", "dpmpp_2m"] }),
}));
