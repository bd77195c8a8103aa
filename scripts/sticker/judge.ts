// The stage that makes the sticker model's judge, where it is not there yet.

import { join } from "node:path";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import { fitJudge } from "@noisette/core/evaluation/fit-judge";
import type { FittedJudge } from "@noisette/core/evaluation/fit-judge";
import { classifierFolder } from "@noisette/server/content/open-classifier";
import { kept } from "../recipes/kept.ts";
import type { RecipeRun } from "../recipes/run-stages.ts";

/** Its folder. */
export const judgeFolder = ({ folder }: Pick<RecipeRun, "folder">): string => join(folder, "runs/sticker-judge");

/**
 * Makes the judge, of the stickers that the generator learns from too: what it says of drawings of held-out pairs, which it has
 * not seen either, is then an honest ceiling.
 */
export async function makeJudge(run: RecipeRun): Promise<FittedJudge> {
  const { folder, tiny, engine, signal, progress } = run;
  const out = judgeFolder(run);
  return kept(join(out, "fitted.json"), "judge", async () =>
    fitJudge(engine, {
      data: await openStickers(join(folder, "data/stickers"), { split: "train" }),
      columns: { concept: "label", style: "style" },
      trunk: classifierFolder,
      out,
      size: tiny ? 32 : 128,
      signal,
      onProgress: (done, total) => progress("stickers", done, total),
    }),
  );
}
