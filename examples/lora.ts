// LoRAs: by file, by name in the prompt, over the steps: npx tsx --conditions=source examples/lora.ts

import { fileURLToPath } from "node:url";
import type { GenerateOptions, Image, Model } from "noisette";
import { openAdapterFolder } from "@noisette/core/adapters/catalogue";
import { contactSheet } from "@noisette/core/image/contact-sheet";
import { runExample } from "./run-example.ts";

/** Two LoRAs for the practice model; yours are in a folder of their own. */
const practiceFolder = fileURLToPath(new URL("../fixtures/adapters", import.meta.url));

/** The same picture without a LoRA, and with one in four ways. */
export async function withLoras(
  sd: Model,
  { folder, name, ...options }: GenerateOptions & { folder: string; name: string },
): Promise<readonly { image: Image; label: string }[]> {
  const adapters = await openAdapterFolder(folder);
  const ways: Readonly<Record<string, Partial<GenerateOptions>>> = {
    none: {},
    half: { loras: [{ name, weight: 0.5 }] },
    // In the prompt, as AUTOMATIC1111 writes it: in the text encoder at 0, in the UNet at 1.
    tag: { prompt: `${String(options.prompt)} <lora:${name}:0:1>` },
    // Growing from nothing to full strength in the middle of the run, and gone for its last fifth.
    growing: {
      loras: [
        {
          name,
          weight: [
            [0, 0],
            [0.5, 1],
          ],
          end: 0.8,
        },
      ],
    },
    // In the weights themselves: loaded again, then as fast as without.
    merged: { loras: [{ name }], mergeAdapters: true },
  };
  const made: { image: Image; label: string }[] = [];
  // Only the last way loads the networks again: all others change what is fed to them.
  for (const [label, way] of Object.entries(ways)) {
    const { images } = await sd.generate({ ...options, ...way, adapters });
    made.push({ image: images[0].image!, label });
  }
  return made;
}

await runExample(import.meta.url, async (sd, [folder = practiceFolder, name = "lora_kohya"]) => ({
  lora: await contactSheet(await withLoras(sd, { prompt: "a red fox", seed: 1, folder, name })),
}));
