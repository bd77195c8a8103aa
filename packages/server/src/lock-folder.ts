// One server at a time in one folder of data.

import { readFile, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import { disk } from "@noisette/core/platform/node";
import { takeLock } from "@noisette/core/training/lock";

const held = new Set<string>();

/** Takes the folder, and gives the function that gives it back. Throws Error when another server has it. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(resolve(folder), "lock.json");
  // In a container every start has the same process number: a lock under ours that is not ours is of a killed one.
  const text = await readFile(path, "utf8").catch(() => "");
  const isOurNumber = text.includes(`"host":${JSON.stringify(hostname())},"process":${process.pid},`);
  if (isOurNumber && !held.has(path)) await rm(path, { force: true });
  const unlock = await takeLock(path, disk!).catch((cause: Error) => {
    throw new Error(`Cannot open "${folder}": another server has it open (a folder of its own is wanted for each)`, {
      cause,
    });
  });
  held.add(path);
  return async () => {
    held.delete(path);
    await unlock();
  };
}
