// What the catalogue needs of a database: Postgres, as a server or as PGlite inside this process.

import type { Sql } from "./sql.ts";

/** A Postgres. */
export interface Database {
  /** The rows of one statement, which is a transaction of its own. Throws Error with Postgres's `code` where it says no. */
  query<Row>(statement: Sql): Promise<Row[]>;
  /** Runs a script of several statements, as one transaction. */
  run(script: string): Promise<void>;
  close(): Promise<void>;
}
