// One process at a time downloads a blob; the others wait for its result. A lock is a file made exclusively that names
// its holder, who touches it as a sign of life. A holder that died is noticed at once on its own machine, and by its
// silence elsewhere. Breaking a lock is not atomic: two may once go on together, so what is done under a lock must be
// safe then too (hub-download.ts).

import type { Disk } from "../platform/disk.ts";
import { delay } from "./hub-request.ts";

const pollMs = 200;
const aliveEveryMs = 5_000;
const silentForMs = 30_000;

/** Runs `work` while holding the lock file `path`, waiting for another holder first; `onWait` is called as it waits. */
export async function withLock<T>(
  path: string,
  { disk, signal, onWait }: { disk: Disk; signal?: AbortSignal; onWait?: () => Promise<void> },
  work: () => Promise<T>,
): Promise<T> {
  const holder = JSON.stringify({ host: disk.hostName(), pid: disk.processId(), id: crypto.randomUUID() });
  await disk.makeFolder(path.slice(0, path.lastIndexOf("/")));

  // Silence is measured with our own clock: another machine's may differ.
  let lastSign: number | undefined;
  let lastSignAt = 0;
  while (!(await disk.writeNew(path, holder))) {
    const sign = (await disk.entry(path))?.modifiedMs;
    if (sign !== lastSign) [lastSign, lastSignAt] = [sign, performance.now()];
    if (performance.now() - lastSignAt > silentForMs || (await isHolderDead(path, disk))) await disk.remove(path);
    else await delay(pollMs, signal);
    await onWait?.();
  }

  const signs = setInterval(() => void disk.touch(path).catch(() => undefined), aliveEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(signs);
    if ((await disk.readText(path)) === holder) await disk.remove(path); // ours still, not one that replaced it
  }
}

async function isHolderDead(path: string, disk: Disk): Promise<boolean> {
  const { host, pid } = parseHolder((await disk.readText(path)) ?? "");
  return host === disk.hostName() && typeof pid === "number" && !disk.isProcessAlive(pid);
}

// A lock that is just being written may be seen empty.
function parseHolder(text: string): { host?: unknown; pid?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
