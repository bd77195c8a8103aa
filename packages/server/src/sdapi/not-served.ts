// What of a body is asked for and cannot be had.

import { refuse } from "../guard/refuse.ts";

/** Throws a problem that names those of `fields` which are asked for. */
export function notServed(fields: Readonly<Record<string, boolean>>): void {
  const asked = Object.keys(fields).filter((name) => fields[name]);
  if (asked.length > 0) throw refuse("bad-request", `Cannot generate with ${asked.join(", ")}: that is not served`);
}
