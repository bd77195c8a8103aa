// A hypernetwork of A1111 at several weights, of which none loads the model again:
// npx tsx --conditions=source examples/hypernetwork.ts style.pt "a prompt"

import { basename, dirname, extname } from "node:path";
import type { GenerateOptions, Image, Model } from "noisette";
import { openAdapterFolder } from "@noisette/core/adapters/catalogue";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { runExample } from "./run-example.ts";

const weights = [0, 0.5, 1];

/** The prompt with more and more of the hypernetwork in the file `path`. */
export async function moreAndMore(
  sd: Model,
  { path, prompt, ...options }: Omit<GenerateOptions, "controls" | "ipAdapters"> & { path: string; prompt: string },
): Promise<readonly { image: Image; label: string }[]> {
  const pictures: { image: Image; label: string }[] = [];
  for (const weight of weights) {
    const { images } = await sd.generate({ ...options, prompt, hypernetworks: [{ name: path, weight }] });
    pictures.push({ image: images[0].image!, label: `weight ${weight}` });
  }
  // The same by a tag in the prompt, which names a file of a folder.
  const tagged = `${prompt} <hypernet:${basename(path, extname(path))}:1>`;
  const adapters = await openAdapterFolder(dirname(path));
  const { images } = await sd.generate({ ...options, prompt: tagged, adapters });
  return [...pictures, { image: images[0].image!, label: tagged }];
}

await runExample(import.meta.url, async (sd, [path, prompt]) => ({
  hypernetwork: await contactSheet(await moreAndMore(sd, { path, prompt, seed: 1 })),
}));
