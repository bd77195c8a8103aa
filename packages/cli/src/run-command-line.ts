// From the words of the command line to a command and a status.

import { z } from "zod";
import type { Command } from "./commands/command.ts";
import { commands } from "./commands/index.ts";
import { flagsOf } from "./flags/flag.ts";
import type { Flag, Presentation } from "./flags/flag.ts";
import { helpPage } from "./flags/help.ts";
import { parseLine } from "./flags/parse.ts";
import { Interrupted } from "./terminal/interrupt.ts";
import { definitions } from "./terminal/table.ts";
import { UsageError } from "./usage-error.ts";

const commonOptions = z.strictObject({
  verbose: z.boolean().optional().describe("Show where in the program an error arose"),
  help: z.boolean().optional().describe("Show this page"),
});
const commonPresentations: Readonly<Record<string, Presentation>> = {
  verbose: { group: "Other" },
  help: { group: "Other", short: "h" },
};

/** Does what `line` says and returns the program's status. Errors are told on standard error. */
export async function runCommandLine(line: readonly string[]): Promise<number> {
  try {
    await dispatch(line);
    return 0;
  } catch (error) {
    process.stderr.write(
      `noisette: ${line.includes("--verbose") && error instanceof Error ? error.stack : messageOf(error)}\n`,
    );
    if (error instanceof Interrupted) return error.status;
    return error instanceof UsageError ? 2 : 1;
  }
}

async function dispatch(line: readonly string[]): Promise<void> {
  const [first] = line;
  if (first === undefined || first === "--help" || first === "-h" || first === "help") {
    process.stdout.write(overview());
    return;
  }
  if (first === "--version") {
    const { version } = await import("@noisette/core/util/version");
    process.stdout.write(`${version}\n`);
    return;
  }
  // The longest name that is a command: "data stickers" before "data".
  const length = [2, 1].find((count) => line.length >= count && Object.hasOwn(commands, nameOf(line, count))) ?? 0;
  const { command } = await commands[length === 0 ? "generate" : nameOf(line, length)].load();
  const flags = commandFlags(command);
  const { given, words } = parseLine(line.slice(length), flags);
  const { help, verbose: _, ...own } = given;
  if (help === true) process.stdout.write(helpPage(command, flags));
  else await command.run(own, words);
}

const nameOf = (line: readonly string[], words: number): string => line.slice(0, words).join(" ");

/** All flags of a command, in the order of its help page. */
export function commandFlags({ options, presentations, groups = [] }: Command): Flag[] {
  const flags = [...flagsOf(options, presentations, "Sampling"), ...flagsOf(commonOptions, commonPresentations)];
  const place = ({ group }: Flag) => (groups.includes(group) ? groups.indexOf(group) : groups.length);
  return flags.sort((a, b) => place(a) - place(b));
}

function overview(): string {
  const list = definitions(
    Object.entries(commands)
      .filter(([name]) => !name.includes(" "))
      .map(([name, { summary }]) => [`  ${name}`, summary]),
  );
  return `Stable Diffusion from the command line

  noisette "a red fox in the snow"              a picture, into the folder outputs
  noisette "a red fox" --model PATH-OR-HUB-ID   with a checkpoint of your own
  noisette COMMAND [flags]

Commands
${list.join("\n")}

noisette COMMAND --help lists the flags of a command, noisette --version says which this is.
`;
}

const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
