// A command's options are several schemas' put together; this takes them apart again.

import type { z } from "zod";

/** The options among `given` that are `schema`'s. */
export function partOf<Options extends z.ZodObject>(
  schema: Options,
  given: Readonly<Record<string, unknown>>,
): Partial<z.output<Options>> {
  return Object.fromEntries(Object.entries(given).filter(([option]) => option in schema.shape)) as Partial<
    z.output<Options>
  >;
}
