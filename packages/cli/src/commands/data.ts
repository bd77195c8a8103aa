// `noisette data`: which tools for training data there are.

import { toolsCommand } from "./list-tools.ts";

/** `noisette data`: the tools by name. */
export const command = toolsCommand("data", "Lists the tools for training data");
