// What a command of the command line is.

import type { z } from "zod";
import type { Presentation } from "../flags/flag.ts";

/** One command: its flags come from `options`, its help page from all of this. */
export interface Command<Options extends z.ZodObject = z.ZodObject> {
  /** Lines that show how to write it. */
  readonly usage: readonly string[];
  /** What it does, in a sentence or two. */
  readonly about: string;
  readonly options: Options;
  readonly presentations: Readonly<Record<string, Presentation | undefined>>;
  /** The headings of the help page in order; those left out follow. */
  readonly groups?: readonly string[];
  /**
   * Does it. `given` has the options that were written and no others; `words` are what belongs to no flag. Throws
   * UsageError when these do not go together.
   */
  run(given: Partial<z.output<Options>>, words: readonly string[]): Promise<void>;
}

/** `command`, with the types of its own options checked. */
export const defineCommand = <Options extends z.ZodObject>(command: Command<Options>): Command<Options> => command;
