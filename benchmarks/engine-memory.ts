// Memory of this process's children, which are the engine; Linux alone tells.

import { readdirSync, readFileSync } from "node:fs";

/** Resident memory now. */
export const engineBytes = (): number => sumOf("VmRSS");

/** The most resident memory that each of them has had. */
export const enginePeakBytes = (): number => sumOf("VmHWM");

function sumOf(field: "VmRSS" | "VmHWM"): number {
  if (process.platform !== "linux") return NaN;
  const children = readdirSync("/proc/self/task").flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
  );
  const kilobytes = (id: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0);
  return children.reduce((sum, id) => sum + 1024 * kilobytes(id), 0);
}
