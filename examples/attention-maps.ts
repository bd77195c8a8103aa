// Where the model looks for each word, at some of the steps: npx tsx --conditions=source examples/attention-maps.ts ["a prompt"] [MODEL]

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { Image } from "noisette";
import { heatOverlay } from "@noisette/core/image/heat-overlay";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { writePng } from "@noisette/core/image/png";

/** A column for each word of `prompt`, a row for the first, the middle and the last of five steps. */
export async function attentionMaps(model: string, prompt: string): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  try {
    const { images } = await sd.generate({ prompt, steps: 5, seed: 1, attention: true, attentionSteps: [1, 3, 5] });
    const [{ image, attention }] = images;
    return await labelledGrid({
      columns: attention![0].words.map(({ word }) => word),
      rows: attention!.map(({ steps }) => `step ${steps[0]}`),
      cells: attention!.map(({ words }) => words.map(({ heat }) => heatOverlay(image!, heat))),
    });
  } finally {
    await sd.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const practice = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));
  const [prompt = "a red fox in the snow", model = practice] = process.argv.slice(2);
  await writePng("attention.png", await attentionMaps(model, prompt));
}
