// A word for a thing, learnt from a few pictures of it, and pictures that it asks for:
// npx tsx --conditions=source examples/train-textual-inversion.ts FOLDER

import type { GenerateOptions, Image, Model } from "noisette";
import { openDataset } from "@noisette/core/data/open-dataset";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { openEngine } from "@noisette/core/runtime/open-engine";
import { checkRecipe } from "@noisette/core/training/recipe/read-recipe";
import { train } from "@noisette/core/training/run";
import { runExample } from "./run-example.ts";

const word = "<my-thing>";

/** Learns `word` for what the pictures in `folder` show: A1111's file of it. */
export async function learnWord(
  sd: Model,
  { folder, out, size, changes }: { folder: string; out: string; size: number; changes?: object },
): Promise<string> {
  const recipe = checkRecipe(
    {
      trainer: "textual-inversion",
      name: "my-thing",
      model: sd.checkpoint.path,
      data: { path: folder },
      size,
      word,
      vectors: 2,
      initial: "a toy", // at most a token for each
      texts: "object", // "a photo of a <my-thing>" and the like; "style", or texts of your own
      steps: 1000,
      batchSize: 1,
      learningRate: 5e-3,
      ...changes,
    },
    "learn-word",
  );
  const engine = await openEngine({ device: sd.device });
  try {
    await train(recipe, { engine, data: await openDataset(folder), out });
  } finally {
    await engine.close();
  }
  return `${out}/model/my-thing.pt`; // diffusers' form is beside it
}

/** A picture with the word in the file `path`. */
export async function askForIt(
  sd: Model,
  { path, ...options }: Omit<GenerateOptions, "prompt" | "controls" | "ipAdapters"> & { path: string },
): Promise<Image> {
  const label = `a photo of ${word} on the moon`;
  const { images } = await sd.generate({ ...options, prompt: label, embeddings: [{ name: path, word }] });
  return contactSheet([{ image: images[0].image!, label }]);
}

await runExample(import.meta.url, async (sd, [folder]) => {
  const path = await learnWord(sd, { folder, out: "my-thing", size: 64 });
  return { "my-thing": await askForIt(sd, { path, seed: 1 }) };
});
