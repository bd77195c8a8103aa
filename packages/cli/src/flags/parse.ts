// A command line as options and words. Only what was written is in the result: defaults are for those who use it. A switch
// --tidy is turned off by --no-tidy.

import { parseArgs } from "node:util";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { UsageError } from "../usage-error.ts";
import type { Flag } from "./flag.ts";
import { isRepeatable, isSwitch, readValue } from "./value.ts";

/** What was written: options by their schema's names, and the words that belong to no flag. */
export interface ParsedLine {
  readonly given: Readonly<Record<string, unknown>>;
  readonly words: readonly string[];
}

/** Parses `line` by `flags`. Throws UsageError on an unknown flag (naming the closest) or a value out of range. */
export function parseLine(line: readonly string[], flags: readonly Flag[]): ParsedLine {
  const byName = new Map(flags.flatMap((flag) => flag.names.map((name) => [name, flag] as const)));
  const { tokens, positionals } = parseArgs({
    args: [...line],
    strict: false,
    tokens: true,
    allowPositionals: true,
    options: Object.fromEntries(
      [...byName].map(([name, flag]) => [
        name,
        {
          type: isSwitch(flag) ? "boolean" : "string",
          ...(flag.short !== undefined && name === flag.names[0] && { short: flag.short }),
        },
      ]),
    ),
  });

  const given: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const flag = byName.get(token.name);
    const negated = flag === undefined ? byName.get(token.name.replace(/^no-/, "")) : undefined;
    if (negated !== undefined && isSwitch(negated) && token.value === undefined) {
      given[negated.option] = false;
      continue;
    }
    if (flag === undefined) throw unknownFlag(token.rawName, [...byName.keys()]);
    if (isSwitch(flag)) {
      if (token.value !== undefined)
        throw new UsageError(`Cannot use ${token.rawName}=${token.value}: the flag takes no value`);
      given[flag.option] = true;
      continue;
    }
    // "-1" can be meant as a value; "--negative --steps" has lost one.
    if (token.value === undefined || (!token.inlineValue && /^-\D/.test(token.value))) {
      throw new UsageError(
        `Cannot use ${token.rawName}: its value is missing (write --${flag.names[0]}=… for one that starts with "-")`,
      );
    }
    const value = readValue(flag, token.value);
    given[flag.option] = isRepeatable(flag) && flag.option in given ? [given[flag.option], value].flat() : value;
  }
  return { given, words: positionals };
}

function unknownFlag(written: string, names: readonly string[]): UsageError {
  const closest = closestName(written.replace(/^-+/, ""), names);
  return new UsageError(`Cannot use ${written}: no such flag (closest: --${closest}; --help lists them)`);
}
