// Postgres as a server, which any number of processes share. A statement is asked again while the server is away, for a
// restart of it to be a pause; each of the catalogue's can be asked twice.

import { setTimeout as delay } from "node:timers/promises";
import { Pool } from "pg";
import { Away, shownAddress } from "../away.ts";
import type { Database } from "./database.ts";
import { textOf } from "./sql.ts";

/** How to ask. */
export interface PostgresOptions {
  /** How long to ask again before giving up with Away: 20 seconds by default. */
  readonly patienceMs?: number;
}

/** The database at `address`, a postgres:// URL. Throws Error when it cannot be opened as that says. */
export async function openPostgres(address: string, { patienceMs = 20_000 }: PostgresOptions = {}): Promise<Database> {
  const shown = shownAddress(address);
  const pool = new Pool({
    connectionString: address,
    max: 8,
    connectionTimeoutMillis: 5000,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    application_name: "noisette",
  });
  // A connection that breaks while nobody uses it is replaced at its next use.
  pool.on("error", () => undefined);

  async function whileAway<T>(work: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + patienceMs;
    for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 1000)) {
      try {
        return await work();
      } catch (error) {
        if (!isOfConnection(error)) throw error;
        if (performance.now() > untilMs)
          throw new Away(`Cannot use the catalogue at "${shown}": ${reasonOf(error)} (it is asked again later)`, {
            cause: error,
          });
      }
      await delay(pauseMs);
    }
  }

  try {
    await whileAway(() => pool.query("select 1"));
  } catch (cause) {
    await pool.end();
    throw new Error(
      `Cannot open the catalogue at "${shown}": ${reasonOf(cause instanceof Away ? cause.cause : cause)} (postgres://user:password@host/database of a server that runs is wanted)`,
      { cause },
    );
  }
  return {
    query: <Row>(statement: Parameters<Database["query"]>[0]) =>
      whileAway(async () => (await pool.query(textOf(statement), [...statement.values])).rows as Row[]),
    // Several statements in one message are one transaction.
    run: async (script) => void (await pool.query(script)),
    close: () => pool.end(),
  };
}

/** Node's codes of a connection that could not be made or broke. */
const networkCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Whether the connection failed, and not the statement: class 08, the server's shutdowns and its "too many connections". */
const isOfConnection = (error: unknown): boolean => {
  const { code = "", message } = error as Error & { code?: string };
  return (
    networkCodes.has(code) ||
    /^(08...|57P0[123]|53300)$/.test(code) ||
    /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error)/.test(
      message,
    )
  );
};

/** Node puts the reasons of all the addresses that it tried into an error without a message. */
const reasonOf = (error: unknown): string => {
  const { message, errors } = error as AggregateError;
  return message || (errors ?? []).map((one: Error) => one.message).join(", ");
};
