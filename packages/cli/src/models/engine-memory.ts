// How much memory the engines took: they are this program's child processes.

import { readdirSync, readFileSync } from "node:fs";

/** Peak resident memory of the running child processes together; undefined where the system does not tell (it is Linux that does). */
export function enginesPeakBytes(): number | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const children = readdirSync("/proc/self/task").flatMap((thread) =>
      readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
    );
    const peaks = children.map((id) =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0),
    );
    return 1024 * peaks.reduce((sum, peak) => sum + peak, 0);
  } catch {
    return undefined; // a kernel without these files, or a child that has just ended
  }
}
