// What every route is declared with.

import { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Env } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { problem } from "../schema/problem.ts";

/** A collection of routes, whose requests are checked by their schemas. */
export const routes = (): OpenAPIHono<Env> =>
  new OpenAPIHono<Env>({
    defaultHook(result) {
      if (result.success) return;
      const errors = result.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
      const told = errors.map(({ path, message }) => (path === "" ? message : `${path}: ${message}`)).join("; ");
      throw refuse("bad-request", `Cannot take the request: ${told}`, { errors });
    },
  });

/** An answer in JSON. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { "application/json": { schema } },
});

/** A body in JSON, which must be there. */
export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { "application/json": { schema } },
});

/** The answer of every route where something is wrong. */
export const problems = {
  default: { description: "A problem", content: { "application/problem+json": { schema: problem } } },
} as const;

/** Ids as they stand in addresses. */
export const idParameter = z.object({ id: z.string().min(1).max(200) });
