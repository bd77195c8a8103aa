// `noisette data`: which tools for training data there are.

import { z } from "zod";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import { commands } from "./index.ts";

/** `noisette data`: the tools by name. */
export const command = defineCommand({
  usage: ["noisette data", "noisette data TOOL [flags]"],
  about: "Lists the tools for training data; noisette data TOOL --help tells about one.",
  options: z.strictObject({}),
  presentations: {},
  async run(_given, [tool]) {
    const tools = Object.entries(commands).flatMap(([name, { summary }]) =>
      name.startsWith("data ") ? [[name.slice("data ".length), summary] as const] : [],
    );
    if (tool !== undefined) {
      const closest = closestName(
        tool,
        tools.map(([name]) => name),
      );
      throw new UsageError(`Cannot do "data ${tool}": no such tool (closest: "${closest}")`);
    }
    process.stdout.write(`${definitions(tools).join("\n")}\n`);
  },
});
