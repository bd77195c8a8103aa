// Tables as choices.

import { z } from "zod";

/** The schema of the names of a table's rows; the table is not empty. */
export const oneOf = <T extends object>(table: T) =>
  z.enum(Object.keys(table) as [string & keyof T, ...(string & keyof T)[]]);
