// The recipes that teach an existing model something, by what they have in common.

import type { z } from "zod";
import type { adaptationFields, priorField } from "./adaptation-fields.ts";

/** What every such recipe says. */
export type AdaptationRecipe = z.output<z.ZodObject<typeof adaptationFields>>;

/** Prior preservation, with its defaults. */
export type PriorRecipe = NonNullable<z.output<typeof priorField>>;
