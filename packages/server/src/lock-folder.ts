// One server at a time in one folder of data.

import { join, resolve } from "node:path";
import { disk } from "@noisette/core/platform/node";
import { takeLock } from "@noisette/core/training/lock";

/** Takes the folder, and gives the function that gives it back. Throws Error when another server has it. */
export const lockFolder = (folder: string): Promise<() => Promise<void>> =>
  takeLock(join(resolve(folder), "lock.json"), disk!).catch((cause: Error) => {
    throw new Error(`Cannot open "${folder}": another server has it open (a folder of its own is wanted for each)`, {
      cause,
    });
  });
