// Values with parts that have names, as one text: "FIRST,name=value,other.inner=value", or the same as JSON. What stands first
// without a name is the schema's first part; the name of a list stands before each of its values.

import { closestName } from "@noisette/core/safetensors/closest-name";
import { UsageError } from "../usage-error.ts";
import type { OptionSchema } from "./flag.ts";

/** The form in words: "PATH,weight=X,…". */
export function recordForm({ properties = {} }: OptionSchema): string {
  const [first, ...others] = Object.keys(properties);
  return [first.toUpperCase(), ...others.slice(0, 2).map((name) => `${name}=…`), "…"].join(",");
}

/** The object that `text` stands for; `readPart` reads a part by its schema. Throws UsageError on a name it does not have. */
export function readRecord(
  text: string,
  { properties = {} }: OptionSchema,
  readPart: (text: string, schema: OptionSchema) => unknown,
): unknown {
  if (text.trimStart().startsWith("{")) {
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new UsageError(`Cannot read the JSON ${text}: ${(cause as Error).message}`, { cause });
    }
  }
  const names = Object.keys(properties);
  const record: Record<string, unknown> = {};
  for (const [i, part] of text.split(",").entries()) {
    const equals = part.indexOf("=");
    if (equals < 0 && i > 0)
      throw new UsageError(`Cannot use ${JSON.stringify(part)} of ${JSON.stringify(text)}: name=value is wanted`);
    const [name, inner, ...deeper] = equals < 0 ? [names[0]] : part.slice(0, equals).trim().split(".");
    const value = part.slice(equals + 1);
    if (!Object.hasOwn(properties, name) || deeper.length > 0) {
      const closest = closestName(name, names);
      throw new UsageError(
        `Cannot use ${JSON.stringify(part)}: no such part (${closest === undefined ? "" : `closest: ${closest}; `}${names.join(", ")} are known)`,
      );
    }
    const { type, items = {} } = properties[name];
    if (inner === undefined && type === "array")
      record[name] = [...((record[name] as unknown[] | undefined) ?? []), readPart(value, items) ?? value];
    else if (inner === undefined) record[name] = readPart(value, properties[name]) ?? value;
    else record[name] = { ...(record[name] as object | undefined), [inner]: readPart(value, {}) };
  }
  return record;
}
