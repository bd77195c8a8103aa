// Keys: 256 random bits, of which only the SHA-256 is kept. So much chance needs no slow hash; it cannot be guessed.

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import type { KeyTable } from "../catalogue/keys.ts";
import { refuse } from "./refuse.ts";

/** Who sends a request. */
export interface Caller {
  /** Id of the key; "operator" for those the server was started with; empty without keys. */
  readonly owner: string;
  /** The operator sees everybody's jobs and pictures, and makes keys. */
  readonly isOperator: boolean;
}

/** What requests carry through the routes. */
export interface Env {
  Variables: { caller: Caller };
}

/** Keys that were made or taken back count after so long at the latest. */
const freshMs = 1000;

/** The cookie that holds a browser's key. */
export const keyCookie = "noisette-key";

/** A new key, and its hash. */
export function newKey(): { key: string; hash: string } {
  const key = `nk-${randomBytes(32).toString("base64url")}`;
  return { key, hash: hashOfKey(key) };
}

/** What is kept of a key. */
const hashOfKey = (key: string): string => createHash("sha256").update(key).digest("hex");

/** Lets through who has a key; everybody, as operator, where `isOpen`. */
export function checkKeys({
  operatorKeys,
  keys,
  isOpen,
}: {
  readonly operatorKeys: readonly string[];
  readonly keys: KeyTable;
  readonly isOpen: boolean;
}): MiddlewareHandler<Env> {
  const operators = operatorKeys.map(hashOfKey);
  let known: { readonly atMs: number; readonly list: ReturnType<KeyTable["list"]> } | undefined;
  async function knownKeys() {
    if (known === undefined || performance.now() - known.atMs > freshMs)
      known = { atMs: performance.now(), list: keys.list() };
    return known.list;
  }
  return async (c, next) => {
    const key = keyOf(c);
    if (isOpen) c.set("caller", { owner: "", isOperator: true });
    else if (key === undefined)
      throw refuse("no-key", 'Cannot serve without a key (the header "Authorization: Bearer KEY" is wanted)');
    else {
      const hash = hashOfKey(key);
      const given = (await knownKeys()).filter((one) => isSame(one.hash, hash));
      if (operators.filter((one) => isSame(one, hash)).length > 0)
        c.set("caller", { owner: "operator", isOperator: true });
      else if (given.length > 0) c.set("caller", { owner: given[0].id, isOperator: false });
      else throw refuse("no-key", "Cannot serve this key: it is none of this server's");
    }
    await next();
  };
}

/** The key of a request: as a bearer, as the password of basic authentication, or as the cookie of a session. */
export function keyOf(c: Context): string | undefined {
  const [, scheme, value] = /^(\w+) +(.+)$/.exec(c.req.header("authorization") ?? "") ?? [];
  if (scheme?.toLowerCase() === "bearer") return value;
  if (scheme?.toLowerCase() === "basic")
    return Buffer.from(value, "base64")
      .toString()
      .replace(/^[^:]*:/, "");
  return c.req.header("x-api-key") ?? getCookie(c, keyCookie);
}

/** Refuses everybody but the operator. */
export const operatorOnly: MiddlewareHandler<Env> = async (c, next) => {
  if (!c.get("caller").isOperator)
    throw refuse("forbidden", "Cannot do that with this key (a key that the server was started with is wanted)");
  await next();
};

/** In a time that does not tell how much of them agrees. */
const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(a, "hex"), Buffer.from(b, "hex"));
