// Flags come from zod schemas: an option `guidanceScale` is the flag --guidance-scale, with the schema's type, range,
// default and description. What a schema cannot say (group in the help page, shorter names) stands in a presentation.

import { z } from "zod";

/** What a JSON schema says about one option, as far as flags need it. */
export interface OptionSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly multipleOf?: number;
  readonly minItems?: number;
  readonly items?: OptionSchema;
  readonly properties?: Readonly<Record<string, OptionSchema>>;
  readonly prefixItems?: readonly OptionSchema[];
  readonly anyOf?: readonly OptionSchema[];
}

/** How an option shows itself on the command line. */
export interface Presentation {
  /** Heading of the help page it stands under. */
  readonly group: string;
  /** A shorter long name: "guidance" for guidanceScale. The option's own name works too. */
  readonly name?: string;
  /** One letter. */
  readonly short?: string;
  /** What the help page writes for the value: "FILE". */
  readonly value?: string;
  /** What the help page says about the values, instead of the range that the schema states. */
  readonly range?: string;
  /** The value that `text` stands for, where people write it shorter than the schema's form; undefined when it is not such. */
  readonly read?: (text: string) => unknown;
  /** What to write for a value that other programs have: "--sampler euler_ancestral" for "Euler a". */
  readonly elsewhere?: (text: string) => string | undefined;
}

/** One flag of a command. */
export interface Flag extends Presentation {
  /** Name of the option in its schema. */
  readonly option: string;
  /** All long names without their dashes, the one to show first. */
  readonly names: readonly string[];
  readonly schema: OptionSchema;
  /** Judges a value. */
  readonly accepts: (value: unknown) => boolean;
  /** What is wrong with a value that has parts: the part's name, and why. */
  readonly problem: (value: unknown) => string;
}

/** The flags of a schema's options, in its order; options without a presentation stand under `group`. */
export function flagsOf(
  schema: z.ZodObject,
  presentations: Readonly<Record<string, Presentation | undefined>>,
  group = "Other",
): Flag[] {
  const { properties } = z.toJSONSchema(schema, { io: "input" }) as { properties: Record<string, OptionSchema> };
  return Object.entries(schema.shape).map(([option, type]) => {
    const presentation = presentations[option] ?? { group };
    const names = new Set([presentation.name ?? kebabCase(option), kebabCase(option), option]);
    return {
      ...presentation,
      option,
      names: [...names],
      schema: properties[option],
      accepts: (value) => z.safeParse(type, value).success,
      problem: (value) => {
        const [issue] = z.safeParse(type, value).error?.issues ?? [];
        return issue === undefined ? "" : [...issue.path.slice(1), issue.message].join(": ");
      },
    };
  });
}

const kebabCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
