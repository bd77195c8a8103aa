// What an option is when nobody says: so that a picture's record shows only what was chosen.

import { generateOptions } from "@noisette/core/pipelines/options";

/** Defaults by name. */
export const optionDefaults: Readonly<Record<string, unknown>> = generateOptions.parse({ prompt: "" });
