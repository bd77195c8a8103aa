// A LoRA learnt from a folder of pictures with captions, and what it changes:
// npx tsx --conditions=source examples/train-lora.ts FOLDER "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { openDataset } from "@noisette/core/data/open-dataset";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { train } from "@noisette/core/training/run";
import { runExample } from "./run-example.ts";

/** Teaches `sd` what the pictures in `folder` show; the file of the LoRA. `changes` are further fields of the recipe. */
export async function learnPictures(
  sd: Model,
  { folder, out, size, changes }: { folder: string; out: string; size: number; changes?: object },
): Promise<string> {
  const recipe = checkRecipe(
    {
      trainer: "lora",
      name: "learnt",
      model: sd.checkpoint.path,
      data: { path: folder },
      size,
      rank: 8,
      layers: [{ pattern: "unet.*.attn?.to_*" }], // linear layers and convolutions, by their diffusers names
      steps: 500,
      batchSize: 1,
      learningRate: 1e-4,
      recompute: true, // more work, far less memory
      ...changes,
    },
    "learn-pictures",
  );
  const engine = await openEngine({ device: sd.device });
  try {
    const data = await openDataset(folder);
    await train(recipe, { engine, data, out, tell: (event) => event.kind === "step" && console.error(event.step) });
  } finally {
    await engine.close();
  }
  return `${out}/model/learnt.safetensors`; // kohya's names; pytorch_lora_weights.safetensors beside it has diffusers'
}

/** One prompt with the LoRA in the file `path` at growing weights. */
export async function byWeight(
  sd: Model,
  { path, ...options }: Omit<GenerateOptions, "controls" | "ipAdapters"> & { path: string },
): Promise<Image> {
  const pictures = [];
  for (const weight of [0, 0.5, 1]) {
    const { images } = await sd.generate({ ...options, loras: [{ name: path, weight }] });
    pictures.push({ image: images[0].image!, label: `weight ${weight}` });
  }
  return contactSheet(pictures);
}

await runExample(import.meta.url, async (sd, [folder, prompt]) => {
  const path = await learnPictures(sd, { folder, out: "learnt", size: 64 });
  return { "learnt-pictures": await byWeight(sd, { path, prompt, seed: 1 }) };
});
