// Commands that show one of core's tables: all its rows, or one of them in full.

import { closestName } from "@noisette/core/safetensors/closest-name";
import { UsageError } from "../usage-error.ts";

/** A table and how people read it. */
export interface ShownTable<Row> {
  readonly rows: Readonly<Record<string, Row>>;
  /** What a row is, e.g. "sampler"; the table is called by its plural. */
  readonly row: string;
  overview(): string;
  describe(id: string, row: Row): string;
  /** Where else to look for an unknown name. */
  readonly elsewhere?: string;
}

/** Writes the table, or its row `name`, as text or JSON. Throws UsageError when there is no such row. */
export function showTable<Row>(
  { rows, row: kind, overview, describe, elsewhere }: ShownTable<Row>,
  name: string | undefined,
  json: boolean | undefined,
): void {
  const row = name === undefined ? undefined : rows[name];
  if (name !== undefined && row === undefined) {
    const hints = [`closest: "${closestName(name, Object.keys(rows))}"`, elsewhere].filter(Boolean).join("; ");
    throw new UsageError(`Cannot describe "${name}": no such ${kind} (${hints})`);
  }
  // Functions do not go into JSON: what is left is what there is to know.
  const what = row === undefined ? { [`${kind}s`]: rows } : { id: name, ...row };
  const text = row === undefined ? overview() : describe(name!, row);
  process.stdout.write(`${json ? JSON.stringify(what, null, 2) : text}\n`);
}
