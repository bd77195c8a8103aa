// A prompt and a checkpoint to PNGs: npx tsx --conditions=source examples/text-to-image.ts [MODEL] ["a prompt"]

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { GenerateOptions, LoadModelOptions } from "noisette";
import { writePng } from "@noisette/core/image/png";

/** Makes two pictures with `model` in `folder`; their paths. */
export async function textToImage({
  model,
  folder,
  device,
  ...options
}: GenerateOptions & Pick<LoadModelOptions, "device"> & { model: string; folder: string }): Promise<string[]> {
  const sd = await load(model, { device });
  const paths: string[] = [];
  try {
    for await (const event of sd.generate({ ...options, count: 2 })) {
      if (event.kind === "step") console.log(`picture ${event.picture + 1}: step ${event.step} of ${event.steps}`);
      if (event.kind !== "image") continue;
      const path = `${folder}/${event.seed}.png`;
      await writePng(path, event.image!, { prompt: String(event.record.options.prompt) });
      paths.push(path);
    }
  } finally {
    await sd.close();
  }
  return paths;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url)), prompt = "a red fox"] =
    process.argv.slice(2);
  console.log(await textToImage({ model, prompt, folder: "." }));
}
