// Where a run keeps its files, and the machine's disk under it. One place for the names.

import { disk } from "#platform";
import type { Disk } from "../platform/disk.ts";

/** The files of one run. */
export interface RunFolder {
  readonly disk: Disk;
  readonly path: string;
  readonly recipe: string;
  readonly lock: string;
  readonly log: string;
  readonly report: string;
  /** Folders. */
  readonly checkpoints: string;
  readonly samples: string;
  readonly cache: string;
  /** The newest weights in diffusers layout. */
  readonly model: string;
}

/** The folder `path` of a run, made where there is none. Throws Error when there are no files here, or it cannot be made. */
export async function openRunFolder(path: string): Promise<RunFolder> {
  if (disk === undefined) throw new Error("Cannot train here: there are no files to keep the run in (Node is wanted)");
  const inside = (name: string) => `${path}/${name}`;
  const folder = {
    disk,
    path,
    recipe: inside("recipe.json"),
    lock: inside("lock.json"),
    log: inside("log.jsonl"),
    report: inside("report.html"),
    checkpoints: inside("checkpoints"),
    samples: inside("samples"),
    cache: inside("cache"),
    model: inside("model"),
  };
  try {
    for (const name of [folder.checkpoints, folder.samples, folder.cache]) await disk.makeFolder(name);
  } catch (cause) {
    throw new Error(`Cannot train in "${path}": ${(cause as Error).message} (a folder that can be written is wanted)`, {
      cause,
    });
  }
  return folder;
}
