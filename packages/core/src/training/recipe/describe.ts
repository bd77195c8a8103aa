// A trainer's recipe as a page: every field with its range, its default and what it does.

import { z } from "zod";
import { recipeSchemas } from "./read-recipe.ts";
import type { TrainerKind } from "./read-recipe.ts";

/** One field of a recipe. */
export interface RecipeField {
  /** Its place, e.g. "optimizer.betas"; fields of one of several forms have its name: "optimizer(adamw).betas". */
  readonly path: string;
  readonly description: string;
  /** What may stand there, in words. */
  readonly values: string;
  /** The default as JSON; undefined where there is none. */
  readonly fallback: string | undefined;
  readonly isRequired: boolean;
}

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
}

/** Every field of a trainer's recipe, parents before their parts. */
export const recipeFields = (kind: TrainerKind): RecipeField[] =>
  fieldsOf(z.toJSONSchema(recipeSchemas[kind], { io: "input" }) as Schema, "");

function fieldsOf({ properties = {}, required = [], anyOf, oneOf }: Schema, path: string): RecipeField[] {
  const own = Object.entries(properties).flatMap(([key, schema]): RecipeField[] => {
    const place = path === "" ? key : `${path}.${key}`;
    const field = {
      path: place,
      description: schema.description ?? "",
      values: valuesOf(schema),
      fallback: isPlain(schema) && schema.default !== undefined ? JSON.stringify(schema.default) : undefined,
      isRequired: required.includes(key) && schema.default === undefined,
    };
    return [field, ...fieldsOf(schema, place)];
  });
  const forms = (anyOf ?? oneOf ?? []).filter(({ properties }) => properties !== undefined);
  return [...own, ...forms.flatMap((form) => fieldsOf(form, `${path}(${String(form.properties!.kind.const)})`))];
}

const isPlain = ({ properties, oneOf }: Schema): boolean => properties === undefined && oneOf === undefined;

function valuesOf(schema: Schema): string {
  const { type, enum: choices, const: only, anyOf, oneOf, items, prefixItems } = schema;
  if (only !== undefined) return JSON.stringify(only);
  if (choices !== undefined) return choices.map((choice) => JSON.stringify(choice)).join(", ");
  if (anyOf !== undefined) return anyOf.map(valuesOf).join(", ");
  if (oneOf !== undefined)
    return `an object with kind ${oneOf.map((form) => JSON.stringify(form.properties?.kind.const)).join(", ")}`;
  if (prefixItems !== undefined) return `a list of ${prefixItems.length} numbers`;
  if (type === "array") return `a list of ${items === undefined ? "values" : `(${valuesOf(items)})`}`;
  if (type === "integer" || type === "number") return rangeOf(schema);
  return { string: "text", boolean: "true, false", object: "an object" }[type ?? ""] ?? "";
}

function rangeOf({ type, minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const isBounded = (limit: number | undefined) => limit !== undefined && Math.abs(limit) < Number.MAX_SAFE_INTEGER;
  return [
    type === "integer" ? "an integer" : "a number",
    ...(isBounded(minimum) ? [`from ${minimum}`] : []),
    ...(isBounded(exclusiveMinimum) ? [`above ${exclusiveMinimum}`] : []),
    ...(isBounded(maximum) ? [`up to ${maximum}`] : []),
    ...(isBounded(exclusiveMaximum) ? [`below ${exclusiveMaximum}`] : []),
  ].join(" ");
}
