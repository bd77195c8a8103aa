// An X/Y plot: one prompt and seed by every choice of two options. On the command line: --x "steps=…" --y "sampler=…".

import { load } from "noisette";
import type { Image } from "noisette";
import { labelledGrid } from "@noisette/core/image/labelled-grid";

/** Pictures of `prompt` by steps across and samplers down. */
export async function stepsBySamplers(
  model: string,
  { prompt, steps, samplers }: { prompt: string; steps: readonly number[]; samplers: readonly string[] },
): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  const cells: Image[][] = [];
  try {
    for (const sampler of samplers) {
      const row: Image[] = [];
      for (const count of steps) {
        const { images } = await sd.generate({ prompt, sampler, steps: count, seed: 1, width: 64, height: 64 });
        row.push(images[0].image!);
      }
      cells.push(row);
    }
    return await labelledGrid({ columns: steps.map((count) => `${count} steps`), rows: samplers, cells });
  } finally {
    await sd.close();
  }
}
