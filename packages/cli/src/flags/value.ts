// The text after a flag, as a value of its option: one form for each kind of schema.

import { readFileSync } from "node:fs";
import { closestName } from "@noisette/core/safetensors/closest-name";
import { UsageError } from "../usage-error.ts";
import type { Flag, OptionSchema } from "./flag.ts";
import { readRecord, recordForm } from "./record-value.ts";

/** How values of one kind are written and spoken of. */
interface Form {
  /** What the help page writes for the value; undefined for a flag that takes none. */
  readonly placeholder: (schema: OptionSchema) => string | undefined;
  /** The value that `text` stands for; undefined when it stands for none. */
  readonly read: (text: string, schema: OptionSchema) => unknown;
  /** The values that are wanted, in words. */
  readonly wanted: (schema: OptionSchema) => string;
}

const forms = {
  switch: { placeholder: () => undefined, read: () => undefined, wanted: () => "no value" },
  choice: {
    placeholder: ({ enum: choices = [] }) => (choices.join("|").length <= 16 ? choices.join("|") : "NAME"),
    read: (text) => text,
    wanted: ({ enum: choices = [] }) => choices.join(", "),
  },
  integer: { placeholder: () => "N", read: readNumber, wanted: (schema) => withRange("an integer", schema) },
  number: { placeholder: () => "X", read: readNumber, wanted: (schema) => withRange("a number", schema) },
  pair: {
    placeholder: ({ prefixItems = [] }) => prefixItems.map(({ type }) => (type === "integer" ? "N" : "X")).join(","),
    read: readList,
    wanted: ({ prefixItems = [] }) =>
      `${prefixItems.length} ${prefixItems[0]?.type ?? "number"}s with commas between${(prefixItems[0]?.minimum ?? 0) < 0 ? "" : ", none below 0"}`,
  },
  list: {
    placeholder: () => "X,X,…",
    read: readList,
    wanted: ({ minItems = 1 }) => `${minItems} or more numbers with commas between, none below 0`,
  },
  names: {
    placeholder: () => "NAME,NAME,…",
    read: (text) => text.split(",").map((name) => name.trim()),
    wanted: ({ minItems = 1 }) => `${minItems} or more names with commas between`,
  },
  texts: { placeholder: () => "TEXT", read: (text) => text, wanted: () => "text" },
  records: {
    placeholder: ({ items }) => recordForm(items!),
    read: (text, { items }) => [readRecord(text, items!, readPart)],
    wanted: ({ items }) => recordForm(items!),
  },
  record: {
    placeholder: () => "NAME=X,…",
    read: (text, schema) => (/^\s*(\{|[^,]*=)/.test(text) ? readRecord(text, schema, readPart) : undefined),
    wanted: ({ properties = {} }) => `NAME=X,… (${Object.keys(properties).join(", ")})`,
  },
  text: { placeholder: () => "TEXT", read: (text) => text, wanted: () => "text" },
  object: {
    placeholder: () => "FILE",
    read: readObject,
    wanted: () => "a JSON file with an object, or the object itself",
  },
} satisfies Record<string, Form>;

function formOf({ type, enum: choices, prefixItems, items, properties, anyOf }: OptionSchema): keyof typeof forms {
  if (choices !== undefined) return "choice";
  if (anyOf !== undefined) return "texts";
  if (items?.type === "object") return "records";
  if (properties !== undefined) return "record";
  if (type === "array") return prefixItems !== undefined ? "pair" : items?.type === "string" ? "names" : "list";
  return ({ boolean: "switch", integer: "integer", number: "number", object: "object" } as const)[type ?? ""] ?? "text";
}

const form = (flag: Flag): Form => forms[formOf(flag.schema)];

/** Whether the flag stands alone, without a value. */
export const isSwitch = (flag: Flag): boolean => formOf(flag.schema) === "switch";

/** Whether the flag can be given several times, each adding a value. */
export const isRepeatable = (flag: Flag): boolean => ["texts", "records"].includes(formOf(flag.schema));

/** What the help page writes after the flag's name. */
export const placeholderOf = (flag: Flag): string | undefined => flag.value ?? form(flag).placeholder(flag.schema);

/** The values a flag takes, in words: "an integer from 1 to 1000". */
export const wantedOf = (flag: Flag): string => form(flag).wanted(flag.schema);

/** The value that `text` after `flag` stands for. Throws UsageError that says what is wanted. */
export function readValue(flag: Flag, text: string): unknown {
  const value = flag.read?.(text) ?? form(flag).read(text, flag.schema);
  if (value !== undefined && flag.accepts(value)) return value;
  const closest = flag.schema.enum && closestName(text.toLowerCase(), flag.schema.enum);
  const what = `Cannot use --${flag.names[0]} ${JSON.stringify(text)}`;
  if (["record", "records"].includes(formOf(flag.schema)) && value !== undefined)
    throw new UsageError(`${what}: ${flag.problem(value)} (${wantedOf(flag)} is wanted)`);
  if (closest === undefined) throw new UsageError(`${what}: ${wantedOf(flag)} is wanted`);
  // Where only the case differs, the closest value is it.
  const ours = flag.schema.enum?.includes(text.toLowerCase()) ? undefined : flag.elsewhere?.(text);
  const hint = ours === undefined ? `closest: "${closest}"` : `here it is ${ours}`;
  throw new UsageError(`${what}: no such value (${hint}; ${flag.range ?? `${wantedOf(flag)} are known`})`);
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

function readNumber(text: string): number | undefined {
  return decimal.test(text.trim()) ? Number(text) : undefined;
}

function readList(text: string): number[] | undefined {
  const numbers = text.split(",").map(readNumber);
  return numbers.includes(undefined) ? undefined : (numbers as number[]);
}

/** `text` is the JSON itself, or names a file of it. */
function readObject(text: string): unknown {
  const isInline = text.trimStart().startsWith("{");
  let json = text;
  if (!isInline) {
    try {
      json = readFileSync(text, "utf8");
    } catch (cause) {
      throw new UsageError(`Cannot read "${text}": ${(cause as Error).message}`, { cause });
    }
  }
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw new UsageError(`Cannot read ${isInline ? "the JSON" : `"${text}"`}: ${(cause as Error).message}`, { cause });
  }
}

/** The value of one part of a record. */
function readPart(text: string, schema: OptionSchema): unknown {
  if (formOf(schema) === "switch" || schema.type === undefined)
    return { true: true, false: false }[text] ?? readNumber(text) ?? text;
  return forms[formOf(schema)].read(text, schema);
}

function withRange(noun: string, schema: OptionSchema): string {
  const what = schema.multipleOf === undefined ? noun : `a multiple of ${schema.multipleOf}`;
  const { minimum, exclusiveMinimum, maximum, exclusiveMaximum } = schema;
  const isOpen = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  if (minimum !== undefined && !isOpen) return `${what} from ${minimum} to ${maximum}`;
  const limits = [
    ...(minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? [] : [`${minimum} or more`]),
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(isOpen ? [] : [`up to ${maximum}`]),
    ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
  ];
  return limits.length === 0 ? what : `${what}, ${limits.join(" and ")}`;
}
