// Statements with their values beside them, so that no value is ever read as SQL: sql`select * from jobs where id = ${id}`.

import { storableText } from "./storable.ts";

/** A statement, or part of one. */
export interface Sql {
  /** Its text between the values. */
  readonly strings: readonly string[];
  readonly values: readonly unknown[];
}

/** The statement of a template; a value that is Sql itself becomes part of the text. */
export function sql(template: TemplateStringsArray, ...inserted: readonly unknown[]): Sql {
  const strings = [template[0]];
  const values: unknown[] = [];
  inserted.forEach((value, i) => {
    const after = template[i + 1];
    if (isSql(value)) {
      strings[strings.length - 1] += value.strings[0];
      strings.push(...value.strings.slice(1));
      values.push(...value.values);
      strings[strings.length - 1] += after;
    } else {
      values.push(typeof value === "string" ? storableText(value) : value);
      strings.push(after);
    }
  });
  return { strings, values };
}

/** Conditions of which all must hold; true where there are none. */
export const every = (conditions: readonly Sql[]): Sql =>
  conditions.length === 0 ? sql`true` : conditions.reduce((all, one) => sql`${all} and ${one}`);

/** The text as Postgres takes it, with $1, $2, … for the values. */
export const textOf = ({ strings }: Sql): string =>
  strings.reduce((text, part, i) => (i === 0 ? part : `${text}$${i}${part}`), "");

const isSql = (value: unknown): value is Sql =>
  typeof value === "object" && value !== null && "strings" in value && "values" in value;
