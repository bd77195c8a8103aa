// `noisette lora`: which tools for LoRAs there are.

import { toolsCommand } from "./list-tools.ts";

/** `noisette lora`: the tools by name. */
export const command = toolsCommand("lora", "Lists the tools for LoRAs and their relatives");
