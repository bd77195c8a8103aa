// The options that have no field of their own, from the schema of all options.

import { generateJsonSchema } from "@noisette/core/pipelines/options";
import { optionsInForm } from "../state/create-settings.ts";

/** An option. */
export interface OptionRow {
  readonly name: string;
  readonly about: string;
  /** What may be chosen, where it is a choice. */
  readonly choices?: readonly string[];
  readonly isText: boolean;
  /** What it is set to first. */
  readonly first: unknown;
}

interface Schema {
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly string[];
  readonly type?: string;
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly prefixItems?: readonly Schema[];
  readonly items?: Schema;
}

/** All of them, by name. */
export const optionRows: readonly OptionRow[] = Object.entries(
  generateJsonSchema().properties as Readonly<Record<string, Schema>>,
)
  .filter(([name]) => !optionsInForm.has(name))
  .map(([name, schema]) => ({
    name,
    about: schema.description ?? "",
    choices: schema.enum,
    isText: schema.type === "string",
    first: firstOf(schema),
  }))
  .sort((a, b) => a.name.localeCompare(b.name));

/** A value that the schema takes, for people to change. */
function firstOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  if (schema.enum !== undefined) return schema.enum[0];
  switch (schema.type) {
    case "boolean":
      return true;
    case "integer":
      return Math.max(0, schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1);
    case "number":
      return Math.max(0, schema.minimum ?? (schema.exclusiveMinimum ?? -0.5) + 0.5);
    case "array":
      return (schema.prefixItems ?? (schema.items === undefined ? [] : [schema.items])).map(firstOf);
    case "object":
      return {};
    default:
      return "";
  }
}
