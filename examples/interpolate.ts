// A moving picture from prompt to prompt: npx tsx --conditions=source examples/interpolate.ts MODEL OUT.webp

import { fileURLToPath } from "node:url";
import { load } from "noisette";
import type { Image } from "noisette";
import { writeAnimation } from "@noisette/core/image/animation";
import { interpolate } from "@noisette/core/pipelines/interpolate";

/** Writes the way from a fox to the sea and back to `path`; the number of frames on the way there. */
export async function foxToSea(model: string, path: string): Promise<number> {
  const sd = await load(model, { device: "cpu" });
  const keyframes = [
    { prompt: "a red fox", seed: 1 },
    { prompt: "a blue sea", seed: 2 },
  ];
  const frames: Image[] = [];
  try {
    const options = { steps: 2, width: 64, height: 64, promptBlending: "slerp" } as const;
    for await (const { frame, frames: total, image } of interpolate(sd, { keyframes, framesBetween: 4 }, options)) {
      console.log(`frame ${frame + 1} of ${total}`);
      frames.push(image!);
    }
  } finally {
    await sd.close();
  }
  await writeAnimation(path, frames, { fps: 8, backAndForth: true });
  return frames.length;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [model = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url)), path = "fox-to-sea.webp"] =
    process.argv.slice(2);
  await foxToSea(model, path);
}
