// `noisette watermark`: which tools for watermarks there are.

import { toolsCommand } from "./list-tools.ts";

/** `noisette watermark`: the tools by name. */
export const command = toolsCommand("watermark", "Lists the tools for invisible watermarks");
