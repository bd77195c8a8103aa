// Opens the folder of a run: begins one, or goes on with the one that is there.

import type { Tensor } from "../tensor/tensor.ts";
import { listCheckpoints, pruneCheckpoints, readCheckpointState } from "./checkpoint.ts";
import type { RunPosition } from "./checkpoint.ts";
import { takeLock } from "./lock.ts";
import { readLog } from "./log.ts";
import type { Recipe } from "./recipe/read-recipe.ts";
import { alteringChanges, changesBetween, changeText } from "./resume.ts";
import type { Change } from "./resume.ts";
import { openRunFolder } from "./run-folder.ts";
import type { RunFolder } from "./run-folder.ts";
import { saveJson } from "../checkpoints/save/model-parts.ts";

/** How to open a run. */
export interface OpenRunOptions {
  /** Its folder. */
  readonly out: string;
  /** Go on with the run that is there. */
  readonly resume: boolean;
  /** Go on although the recipe or the data changed. */
  readonly allowChanges: boolean;
  /** Names the data. */
  readonly data: string;
  readonly notice: (text: string) => void;
}

/** An open run; `close` gives the folder back. */
export interface OpenRun {
  readonly folder: RunFolder;
  readonly position: RunPosition;
  /** What the session goes on from; undefined for a run that begins. */
  readonly state: Map<string, Tensor> | undefined;
  close(): Promise<void>;
}

const beginning: RunPosition = { step: 0, epoch: 0, batch: 0, images: 0, seconds: 0 };

/** What recipe.json holds. */
interface KeptRecipe {
  readonly recipe: Recipe;
  readonly data: string;
}

/**
 * Opens the run of `recipe`. Throws Error when another process trains there, when the folder holds a run and `resume` is not set or
 * the other way around, and when something changed since that alters the training.
 */
export async function openRun(recipe: Recipe, options: OpenRunOptions): Promise<OpenRun> {
  const { out, resume, notice, data } = options;
  const folder = await openRunFolder(out);
  const close = await takeLock(folder.lock, folder.disk);
  try {
    const { saved, damaged } = await listCheckpoints(folder);
    const text = await folder.disk.readText(folder.recipe);
    const kept = text === undefined ? undefined : (JSON.parse(text) as KeptRecipe);
    const last = saved.at(-1);
    if (!resume && saved.length + damaged.length > 0)
      throw new Error(
        `Cannot train into "${out}": it holds a run at step ${last?.position.step ?? "?"} (resume it, or another folder, is wanted)`,
      );
    if (resume && kept === undefined)
      throw new Error(`Cannot resume "${out}": it holds no run (a folder that was trained into is wanted)`);
    if (resume) {
      checkChanges(kept!, { recipe, data }, options);
      for (const reason of damaged) notice(`${reason}: an older checkpoint is taken`);
      if (last === undefined) {
        if (damaged.length > 0) throw new Error(`Cannot resume "${out}": none of its checkpoints can be read`);
        const lines = await readLog(folder.log, folder.disk);
        if (lines.length > 0) notice("the run had no checkpoint yet: it begins anew");
      }
    }
    await saveJson(folder.recipe, { recipe, data } satisfies KeptRecipe);
    await pruneCheckpoints(folder, recipe.keep);
    return {
      folder,
      position: last?.position ?? beginning,
      state: last && (await readCheckpointState(last)),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function checkChanges(before: KeptRecipe, after: KeptRecipe, { out, allowChanges, notice }: OpenRunOptions): void {
  const changes: readonly Change[] = [
    ...changesBetween(before.recipe, after.recipe),
    ...changesBetween({ "the data's hash": before.data }, { "the data's hash": after.data }),
  ];
  const altering = alteringChanges(changes);
  if (altering.length > 0 && !allowChanges)
    throw new Error(
      `Cannot resume "${out}": ${altering.map(changeText).join("; ")} (the recipe it began with, or leave to change it, is wanted)`,
    );
  for (const change of changes) notice(`since the run began, ${changeText(change)}`);
}
