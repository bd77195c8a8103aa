// A moving picture from prompt to prompt: npx tsx --conditions=source examples/interpolate.ts "from" "to"

import type { GenerateOptions, Image, Model } from "noisette";
import { writeAnimation } from "@noisette/core/image/animation";
import { interpolate } from "@noisette/core/pipelines/interpolate";
import { runExample } from "./run-example.ts";

/** Writes the way from the prompt `from` to `to` and back as `path`, and returns the first frame. */
export async function fromTo(
  sd: Model,
  { from, to, path, ...options }: Omit<GenerateOptions, "prompt" | "seed"> & { from: string; to: string; path: string },
): Promise<Image> {
  const keyframes = [
    { prompt: from, seed: 1 },
    { prompt: to, seed: 2 },
  ];
  const frames: Image[] = [];
  const way = interpolate(sd, { keyframes, framesBetween: 4 }, { ...options, promptBlending: "slerp" });
  for await (const { frame, frames: total, image } of way) {
    console.log(`frame ${frame + 1} of ${total}`);
    frames.push(image!);
  }
  await writeAnimation(path, frames, { fps: 8, backAndForth: true });
  return frames[0];
}

await runExample(import.meta.url, async (sd, [from = "a red fox", to = "a blue sea"]) => ({
  "first-frame": await fromTo(sd, { from, to, path: "interpolation.webp" }),
}));
