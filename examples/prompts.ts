// What can be written in a prompt, a picture for each: npx tsx --conditions=source examples/prompts.ts

import type { GenerateOptions, Image, Model } from "noisette";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import type { Wildcards } from "@noisette/core/prompts/expand-template";
import { runExample } from "./run-example.ts";

const prompts = [
  "a (red:1.4) fox in the [snow]", // weights: 1.4, and 1/1.1
  "a [fox:wolf:0.4] in the snow", // another word from 40 % of the steps on
  "a [fox|wolf] in the snow", // words that take turns, step by step
  "a fox :0.7 AND snow :0.5", // two prompts, each guided by its weight
  "a fox BREAK deep snow, morning light", // a new chunk of 75 tokens
  "a {red|white} fox in the {2$$snow|fog|rain}", // drawn by the seed
  "a fox, __weather__", // a line of a file weather.txt, in a folder (openWildcards); here of a table
];

const wildcards: Wildcards = {
  source: "a table",
  names: ["weather"],
  lines: async () => ["in the rain", "in {deep|fresh} snow"],
};

/** A picture for every way of writing, and what its prompt became. */
export async function waysOfWriting(
  sd: Model,
  options: Omit<GenerateOptions, "prompt">,
): Promise<readonly { image: Image; label: string }[]> {
  const { images } = await sd.generate({ ...options, prompt: prompts, wildcards });
  return images.map(({ image, record }) => ({ image: image!, label: String(record.options.prompt) }));
}

await runExample(import.meta.url, async (sd) => ({
  prompts: await contactSheet(await waysOfWriting(sd, { seed: 1 })),
}));
