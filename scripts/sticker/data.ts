// The stage that makes the sticker set, where it is not there yet.

import { join } from "node:path";
import { openStickers } from "@noisette/core/data/stickers/stickers";
import { disk } from "@noisette/core/platform/node";
import { command as dataStickers } from "../../packages/cli/src/commands/data-stickers.ts";
import { writeTinyStickerSet } from "../../fixtures/tiny-sticker-set.ts";
import type { RecipeRun } from "../recipes/run-stages.ts";

/** Makes data/stickers in the run's folder, and says what it is. */
export async function makeStickers({
  folder,
  tiny,
}: Pick<RecipeRun, "folder" | "tiny">): Promise<{ readonly stickers: number; readonly hash: string }> {
  const out = join(folder, "data/stickers");
  if ((await disk!.entry(join(out, "hashes.json"))) === undefined) {
    if (tiny) await writeTinyStickerSet(out);
    else await dataStickers.run({ out }, []);
  }
  const { length, hash } = await openStickers(out);
  return { stickers: length, hash };
}

/** Stickers of concepts that nothing is learnt from, or where there are none of these, those that are learnt from. */
export async function unseenStickers(folder: string): ReturnType<typeof openStickers> {
  const splits = new Set((await openStickers(folder)).stickers.map(({ split }) => split));
  return openStickers(folder, { split: splits.has("held-out-concept") ? "held-out-concept" : "train" });
}
