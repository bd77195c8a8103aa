// Two pictures followed at once: one by a ControlNet at every step, one by a T2I-Adapter, which looks at it once:
// npx tsx --conditions=source examples/t2i-adapter.ts CONTROLNET PICTURE ADAPTER PICTURE "a prompt"

import type { GenerateOptions, Image, Model } from "noisette";
import { readImage } from "@noisette/core/image/png";
import { runExample } from "./run-example.ts";

/** What a control follows, and by which network. */
export interface Followed {
  readonly path: string;
  readonly image: Image;
}

/** A picture after both, the adapter's by its colours. */
export async function followBoth(
  sd: Model,
  { controlNet, adapter, ...options }: Omit<GenerateOptions, "controls"> & { controlNet: Followed; adapter: Followed },
): Promise<Image> {
  const controls = [
    { ...controlNet, weight: 0.8 },
    { ...adapter, annotator: "color" as const, annotatorOptions: { cell: 32 }, weight: 0.6, end: 0.7 },
  ];
  const { images } = await sd.generate({ ...options, controls });
  return images[0].image!;
}

await runExample(import.meta.url, async (sd, [net, first, adapter, second, prompt]) => ({
  "after-both": await followBoth(sd, {
    controlNet: { path: net, image: await readImage(first) },
    adapter: { path: adapter, image: await readImage(second) },
    prompt,
    seed: 1,
  }),
}));
