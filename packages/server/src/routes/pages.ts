// Lists go on below the number of the last row of the page before.

import { refuse } from "../guard/refuse.ts";

/** The number that a page's `next` was; undefined where none is given. Throws a problem when it is none. */
export function numberOf(before: string | undefined): number | undefined {
  if (before === undefined) return undefined;
  const number = Number(before);
  if (/^\d{1,15}$/.test(before)) return number;
  throw refuse(
    "bad-request",
    `Cannot go on before "${before.slice(0, 50)}": that is no page ("next" of the page before is wanted)`,
  );
}
