// Who may speak to us from a browser. On loopback the Host header must be a name of this machine: a page whose own name was
// pointed at 127.0.0.1 (DNS rebinding) sends that name. And a page of another origin may not send anything at all, unless it
// was allowed to: forms need no leave of CORS to post.

import type { MiddlewareHandler } from "hono";
import { isLoopback } from "./loopback.ts";
import { refuse } from "./refuse.ts";

const nameOf = (host: string): string =>
  host
    .replace(/:\d+$/, "")
    .replace(/^\[(.*)\]$/, "$1")
    .toLowerCase();

/** Refuses requests that another site has a browser send. */
export function checkHosts({
  loopback,
  hosts,
  origins,
}: {
  /** Whether the server is bound to loopback. */
  readonly loopback: boolean;
  /** Further names that it is called by. */
  readonly hosts: readonly string[];
  /** Origins of pages that may use it; "*" for all. */
  readonly origins: readonly string[];
}): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header("host") ?? "";
    if (loopback && !isLoopback(nameOf(host)) && !hosts.includes(nameOf(host)))
      throw refuse(
        "forbidden",
        `Cannot serve "${host.slice(0, 200)}": that is no name of this machine (127.0.0.1 or localhost is wanted; --allow-host for others)`,
      );
    const origin = c.req.header("origin");
    if (origin !== undefined && !isAllowed(origin, host, origins))
      throw refuse(
        "forbidden",
        `Cannot serve a page of "${origin.slice(0, 200)}": it is another site (--allow-origin lets it)`,
      );
    await next();
  };
}

function isAllowed(origin: string, host: string, origins: readonly string[]): boolean {
  if (origins.includes("*") || origins.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase();
}
