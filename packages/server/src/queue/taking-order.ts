// Which network's jobs a worker looks for first. Opening a model takes seconds, so one whose model is open goes before others
// of its priority; but not for ever.

import type { QueuedJob } from "../catalogue/jobs.ts";
import type { Networks } from "./queue.ts";

/** Jobs that go before the head of the line in a row, at most. */
export const mostOvertakes = 8;

/** How far down the line a worker looks. */
export const lookAhead = 64;

/** The networks of `line`, in the order to look for a job in; after so many `overtakes` in a row that of the line itself. */
export async function takingOrder(
  line: readonly QueuedJob[],
  { networks, overtakes }: { readonly networks: Pick<Networks, "isOpen">; readonly overtakes: number },
): Promise<string[]> {
  const equals = line.filter(({ priority }) => priority === line[0].priority).map(({ network }) => network);
  const open: string[] = [];
  if (overtakes < mostOvertakes) for (const one of new Set(equals)) if (await networks.isOpen(one)) open.push(one);
  return [...new Set([...open, ...line.map(({ network }) => network)])];
}
