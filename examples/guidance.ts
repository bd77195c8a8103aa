// Ways of guidance beside each other on one sheet: npx tsx --conditions=source examples/guidance.ts "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { runExample } from "./run-example.ts";

/** What to try, by its label. */
const ways: Readonly<Record<string, Partial<GenerateOptions>>> = {
  "guidance 12": {},
  "rescaled by 0.7": { guidanceRescale: 0.7 },
  "projected (APG)": { guidanceMethod: "apg", apgNorm: 7.5 },
  "contrast of guidance 6": { guidanceMethod: "dynamic_thresholding", mimicScale: 6 },
  "perpendicular negative": { guidanceMethod: "perp_neg" },
  "middle steps only": { guidanceSteps: [0.2, 0.8] },
  "perturbed attention": { guidanceScale: 4, pagScale: 3, pagLayers: ["mid_block"] },
  "self-attention": { guidanceScale: 4, sagScale: 0.75 },
  FreeU: { freeu: [1.5, 1.6, 0.9, 0.2] },
};

/** One picture for each way, with its label under it. */
export async function waysOfGuidance(sd: Model, options: GenerateOptions): Promise<Image> {
  const pictures: { image: Image; label: string }[] = [];
  for (const [label, way] of Object.entries(ways)) {
    const { images } = await sd.generate({ ...options, guidanceScale: 12, ...way });
    pictures.push({ image: images[0].image!, label });
  }
  return contactSheet(pictures);
}

await runExample(import.meta.url, async (sd, [prompt = "a red fox"]) => ({
  guidance: await waysOfGuidance(sd, { prompt, negativePrompt: "blurry", seed: 1 }),
}));
