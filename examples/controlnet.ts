// A picture that follows another one, by ControlNets: npx tsx --conditions=source examples/controlnet.ts CONTROLNET PICTURE
// "a prompt", with the ControlNet as file, folder or Hub id ("lllyasviel/control_v11p_sd15_canny").

import type { GenerateOptions, Image, Model } from "noisette";
import { annotate } from "@noisette/core/image/annotators/index";
import { labelledGrid } from "@noisette/core/image/labelled-grid";
import { readImage } from "@noisette/core/image/png";
import { controlModes } from "@noisette/core/pipelines/control-modes";
import type { ControlModeId } from "@noisette/core/pipelines/control-modes";
import { runExample } from "./run-example.ts";

/** A sheet of `picture`'s edges, and of the pictures that follow them in each mode, for all and for the first half of the steps. */
export async function followEdges(
  sd: Model,
  { net, picture, ...options }: Omit<GenerateOptions, "controls"> & { net: string; picture: Image },
): Promise<Image> {
  // The annotator of the option `annotator` by itself: any picture will do that a ControlNet was trained for.
  const edges = annotate("canny", picture, { low: 60, high: 120 });
  const parts = [1, 0.5];
  const cells: Image[][] = [];
  for (const mode of Object.keys(controlModes) as ControlModeId[]) {
    const row = [edges];
    for (const end of parts) {
      const controls = [{ path: net, image: edges, weight: 0.9, end, mode, fit: "crop" as const }];
      row.push((await sd.generate({ ...options, controls })).images[0].image!);
    }
    cells.push(row);
  }
  const columns = ["edges", ...parts.map((end) => `until ${end}`)];
  return labelledGrid({ rows: Object.keys(controlModes), columns, cells });
}

await runExample(import.meta.url, async (sd, [net, picture, prompt]) => ({
  "after-edges": await followEdges(sd, { net, picture: await readImage(picture), prompt, seed: 1 }),
}));
