// Where the model looks for each word, at some of the steps: npx tsx --conditions=source examples/attention-maps.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { heatOverlay } from "@noisette/core/image/heat-overlay";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { runExample } from "./run-example.ts";

/** A column for each word of the prompt, a row for the first, the middle and the last step. */
export async function attentionMaps(sd: Model, options: GenerateOptions & { steps: number }): Promise<Image> {
  const { steps } = options;
  const attentionSteps = [1, Math.ceil(steps / 2), steps];
  const { images } = await sd.generate({ ...options, attention: true, attentionSteps });
  const [{ image, attention }] = images;
  return labelledGrid({
    columns: attention![0].words.map(({ word }) => word),
    rows: attentionSteps.map((step) => `step ${step}`),
    cells: attention!.map(({ words }) => words.map(({ heat }) => heatOverlay(image!, heat))),
  });
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox in the snow"]) => ({
  attention: await attentionMaps(sd, { prompt, seed: 1, steps: 20 }),
}));
