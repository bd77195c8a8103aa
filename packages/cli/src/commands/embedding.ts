// `noisette embedding`: which tools for embeddings there are.

import { toolsCommand } from "./list-tools.ts";

/** `noisette embedding`: the tools by name. */
export const command = toolsCommand("embedding", "Lists the tools for embeddings (textual inversion)");
