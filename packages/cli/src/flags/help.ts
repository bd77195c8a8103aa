// The help page of a command, made from its flags.

import { wrap } from "../terminal/table.ts";
import type { Flag } from "./flag.ts";
import { isRepeatable, placeholderOf, wantedOf } from "./value.ts";

const margin = 27;
const width = 80;

/** What stands above the flags. */
export interface HelpText {
  readonly usage: readonly string[];
  readonly about: string;
}

/** A help page of 80 columns, flags under their groups in the order in which these first appear. */
export function helpPage({ usage, about }: HelpText, flags: readonly Flag[]): string {
  const groups = [...new Set(flags.map(({ group }) => group))];
  const sections = groups.map((group) =>
    [group, ...flags.filter((flag) => flag.group === group).map(flagLines)].join("\n"),
  );
  return `${[usage.map((line) => `  ${line}`).join("\n"), wrap(about, width).join("\n"), ...sections].join("\n\n")}\n`;
}

function flagLines(flag: Flag): string {
  const value = placeholderOf(flag);
  const short = flag.short === undefined ? "    " : `-${flag.short}, `;
  const head = `  ${short}--${flag.names[0]}${value === undefined ? "" : ` ${value}`}`;
  const text = wrap(`${flag.schema.description ?? ""}${details(flag)}`, width - margin);
  const first = head.length < margin - 1 ? [head.padEnd(margin) + text[0]] : [head, " ".repeat(margin) + text[0]];
  return [...first, ...text.slice(1).map((line) => " ".repeat(margin) + line)].join("\n");
}

/** The range and the default, where the reader can use them. */
function details(flag: Flag): string {
  const { type, enum: choices, default: fallback } = flag.schema;
  const isShown = choices?.join("|") === placeholderOf(flag);
  const isRanged = type === "integer" || type === "number" || (choices !== undefined && !isShown);
  const range = flag.range ?? (isRanged ? wantedOf(flag).replace(/^(an integer|a number)( from|,|$) ?/, "") : "");
  const notes = [
    range,
    isRepeatable(flag) ? "can be repeated" : "",
    fallback === undefined ? "" : `default ${String(fallback)}`,
  ].filter(Boolean);
  return notes.length === 0 ? "" : ` [${notes.join("; ")}]`;
}
