// Pictures as prompts, by an IP-Adapter with its image encoder beside it (models/ of the repository h94/IP-Adapter):
// npx tsx --conditions=source examples/ip-adapter.ts ip-adapter_sd15.safetensors PICTURE "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

const weights = [0, 0.5, 1];
const parts = { "all steps": [0, 1], "first half": [0, 0.5], "second half": [0.5, 1] } as const;

/** The prompt with more and more of the picture, in all steps and in halves of them. */
export async function pictureAsPrompt(
  sd: Model,
  { adapter, picture, ...options }: GenerateOptions & { adapter: string; picture: Image },
): Promise<Image> {
  const cells: Image[][] = [];
  for (const [start, end] of Object.values(parts)) {
    const row: Image[] = [];
    for (const weight of weights) {
      const ipAdapters = [{ path: adapter, images: [picture], weight, start, end }];
      row.push((await sd.generate({ ...options, ipAdapters })).images[0].image!);
    }
    cells.push(row);
  }
  return labelledGrid({ columns: weights.map((weight) => `weight ${weight}`), rows: Object.keys(parts), cells });
}

await runExample(import.meta.url, async (sd, [adapter, picture, prompt]) => ({
  "ip-adapter": await pictureAsPrompt(sd, { adapter, picture: await readImage(picture), prompt, seed: 1 }),
}));
