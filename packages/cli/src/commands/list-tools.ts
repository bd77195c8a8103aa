// Commands whose first word is a group: alone, they list its tools.

import { z } from "zod";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";
import { defineCommand } from "./command.ts";
import type { Command } from "./command.ts";
import { commands } from "./index.ts";

/** The command `group` of the table, which lists the commands `group TOOL`. */
export const toolsCommand = (group: string, about: string): Command<z.ZodObject<Record<never, never>>> =>
  defineCommand({
    usage: [`noisette ${group}`, `noisette ${group} TOOL [flags]`],
    about: `${about}; noisette ${group} TOOL --help tells about one.`,
    options: z.strictObject({}),
    presentations: {},
    async run(_given, [tool]) {
      const tools = Object.entries(commands).flatMap(([name, { summary }]) =>
        name.startsWith(`${group} `) ? [[name.slice(group.length + 1), summary] as const] : [],
      );
      if (tool !== undefined) {
        const closest = closestName(
          tool,
          tools.map(([name]) => name),
        );
        throw new UsageError(`Cannot do "${group} ${tool}": no such tool (closest: "${closest}")`);
      }
      process.stdout.write(`${definitions(tools).join("\n")}\n`);
    },
  });
