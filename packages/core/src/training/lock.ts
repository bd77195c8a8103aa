// One trainer at a time in one folder. The lock is a file made exclusively that names its holder, who touches it as a sign of
// life; that of a holder who was killed is taken over.

import type { Disk } from "../platform/disk.ts";

const aliveEveryMs = 5_000;
const silentForMs = 60_000;

/** Who holds a lock. */
interface Holder {
  readonly host: string;
  readonly process: number;
  readonly since: string;
  /** Two runs of one process differ as well. */
  readonly id: string;
}

/** Ids of the locks that this process holds. */
const own = new Set<string>();

/**
 * Takes the lock file `path` and returns the function that gives it back. Throws Error when another run holds it: a process of
 * this machine that lives, or one of another machine that gave a sign of life within the last minute.
 */
export async function takeLock(path: string, disk: Disk): Promise<() => Promise<void>> {
  const id = crypto.randomUUID();
  const holder: Holder = { host: disk.hostName(), process: disk.processId(), since: new Date().toISOString(), id };
  const text = JSON.stringify(holder);
  own.add(id);
  while (!(await disk.writeNew(path, text))) {
    const found = await disk.readText(path);
    if (found === undefined) continue;
    const entry = await disk.entry(path);
    const silentMs = entry === undefined ? 0 : Date.now() - entry.modifiedMs;
    const other = parseHolder(found);
    if (isHeld(other, { silentMs, disk })) throw heldError(path, other);
    // Only one taker can move the dead lock away; one that moved a living lock puts it back.
    const aside = `${path}.${crypto.randomUUID()}`;
    await disk.rename(path, aside).catch(() => undefined);
    const moved = await disk.readText(aside);
    if (moved !== undefined && moved !== found) {
      await disk.rename(aside, path);
      throw heldError(path, parseHolder(moved));
    }
    await disk.remove(aside);
  }
  const signs = setInterval(() => void disk.touch(path).catch(() => undefined), aliveEveryMs);
  return async () => {
    clearInterval(signs);
    own.delete(id);
    if ((await disk.readText(path)) === text) await disk.remove(path);
  };
}

function isHeld(holder: Partial<Holder>, { silentMs, disk }: { silentMs: number; disk: Disk }): boolean {
  const isHere = holder.host === disk.hostName() && holder.process !== undefined;
  if (isHere && !disk.isProcessAlive(holder.process!)) return false;
  // In a container every start has the same number: a lock under ours that is not ours is of a killed one.
  if (isHere && holder.process === disk.processId()) return own.has(holder.id!);
  // A number is given to a new process after a while: only signs of life count then.
  return silentMs < silentForMs;
}

const heldError = (path: string, { process, host, since }: Partial<Holder>): Error =>
  new Error(
    `Cannot train in "${path.slice(0, path.lastIndexOf("/"))}": process ${process ?? "?"} on ${host ?? "?"} trains there since ${since ?? "?"} (its end or another folder is wanted)`,
  );

// A lock that is just being written may be seen empty.
function parseHolder(text: string): Partial<Holder> {
  try {
    return Object(JSON.parse(text)) as Partial<Holder>;
  } catch {
    return {};
  }
}
