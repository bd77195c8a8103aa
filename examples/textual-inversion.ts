// A learned word in prompts, named in the ways of three programs:
// npx tsx --conditions=source examples/textual-inversion.ts style.pt

import type { GenerateOptions, Image, Model } from "noisette";
import { readEmbedding } from "@noisette/core/adapters/embedding";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { runExample } from "./run-example.ts";

/** Pictures with the embedding in the file `path`, and what each was asked for. */
export async function learnedWord(
  sd: Model,
  { path, ...options }: Omit<GenerateOptions, "prompt" | "controls" | "ipAdapters"> & { path: string },
): Promise<readonly { image: Image; label: string }[]> {
  const { name } = await readEmbedding(path);
  const ways: readonly (Pick<GenerateOptions, "prompt" | "negativePrompt" | "promptSyntax"> & { word?: string })[] = [
    { prompt: `a fox, (${name}:1.2)` }, // A1111: the file's name; a weight counts for all its vectors
    { prompt: "a fox", negativePrompt: name },
    { prompt: "a fox, <learned>", word: "<learned>" }, // diffusers: a word that you choose
    { prompt: `a fox, embedding:${name}`, promptSyntax: "comfyui" },
  ];
  const pictures: { image: Image; label: string }[] = [];
  for (const { word, ...way } of ways) {
    const { images } = await sd.generate({ ...options, ...way, embeddings: [{ name: path, word }] });
    const [{ image, record }] = images;
    pictures.push({ image: image!, label: `${way.prompt} (${record.embeddings?.[0].hash})` });
  }
  return pictures;
}

await runExample(import.meta.url, async (sd, [path]) => ({
  "textual-inversion": await contactSheet(await learnedWord(sd, { path, seed: 1 })),
}));
