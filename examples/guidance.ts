// Ways of guidance beside each other on one sheet: npx tsx --conditions=source examples/guidance.ts ["a prompt"] [MODEL]

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { GenerateOptions, Image } from "noisette";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { writePng } from "@noisette/core/image/png";

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

/** One picture of `prompt` for each way, with its label under it. */
export async function waysOfGuidance(model: string, prompt: string): Promise<Image> {
  const sd = await load(model, { device: "cpu" });
  const pictures: { image: Image; label: string }[] = [];
  const common = { prompt, negativePrompt: "blurry", steps: 4, seed: 1, width: 128, height: 128, guidanceScale: 12 };
  try {
    for (const [label, way] of Object.entries(ways)) {
      const { images } = await sd.generate({ ...common, ...way });
      pictures.push({ image: images[0].image!, label });
    }
    return await contactSheet(pictures);
  } finally {
    await sd.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const practice = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));
  const [prompt = "a red fox", model = practice] = process.argv.slice(2);
  await writePng("guidance.png", await waysOfGuidance(model, prompt));
}
