// `noisette evaluate`: what can be measured.

import { toolsCommand } from "./list-tools.ts";

/** `noisette evaluate`: the measurements by name. */
export const command = toolsCommand("evaluate", "Lists what can be measured");
