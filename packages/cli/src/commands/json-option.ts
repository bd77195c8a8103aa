// --json, for the commands that list things.

import { z } from "zod";

/** The flag by itself. */
export const jsonOption = z.strictObject({
  json: z.boolean().optional().describe("Print JSON"),
});
