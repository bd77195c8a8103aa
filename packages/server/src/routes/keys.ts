// /v1/keys and /v1/session: who may use the server.

import { randomBytes } from "node:crypto";
import { createRoute, z } from "@hono/zod-openapi";
import { setCookie } from "hono/cookie";
import { keyCookie, keyOf, newKey, operatorOnly } from "../guard/keys.ts";
import { refuse } from "../guard/refuse.ts";
import { keyRecord } from "../schema/server-info.ts";
import type { Services } from "../services.ts";
import { idParameter, json, jsonBody, problems, routes } from "./route.ts";

const tags = ["keys"];
const middleware = operatorOnly;

const create = createRoute({
  method: "post",
  path: "/v1/keys",
  tags,
  middleware,
  summary: "Make a key",
  request: { body: jsonBody(z.strictObject({ name: z.string().min(1).max(100) })) },
  responses: { 201: json(keyRecord.extend({ key: z.string() }), "The key, which is told this once"), ...problems },
});

const list = createRoute({
  method: "get",
  path: "/v1/keys",
  tags,
  middleware,
  summary: "List the keys",
  responses: { 200: json(z.array(keyRecord), "The keys, without what makes them keys"), ...problems },
});

const remove = createRoute({
  method: "delete",
  path: "/v1/keys/{id}",
  tags,
  middleware,
  summary: "Take a key back",
  request: { params: idParameter },
  responses: { 204: { description: "It is a key no more" }, ...problems },
});

const openSession = createRoute({
  method: "post",
  path: "/v1/session",
  tags,
  summary: "Put the key of this request into a cookie, for a browser's own requests",
  responses: { 204: { description: "The cookie is set" }, ...problems },
});

/** The routes of keys. */
export const keyRoutes = ({ catalogue }: Services) =>
  routes()
    .openapi(create, async (c) => {
      const { name } = c.req.valid("json");
      const { key, hash } = newKey();
      const record = await catalogue.keys.insert({ id: randomBytes(6).toString("hex"), name, hash });
      return c.json({ ...record, key }, 201);
    })
    .openapi(list, async (c) => {
      const keys = await catalogue.keys.list();
      return c.json(
        keys.map(({ id, name, createdAt }) => ({ id, name, createdAt })),
        200,
      );
    })
    .openapi(remove, async (c) => {
      const { id } = c.req.valid("param");
      if (!(await catalogue.keys.remove(id)))
        throw refuse("not-found", `Cannot take back the key "${id}": there is none`);
      return c.body(null, 204);
    })
    .openapi(openSession, (c) => {
      const key = keyOf(c);
      const secure = new URL(c.req.url).protocol === "https:";
      if (key !== undefined) setCookie(c, keyCookie, key, { httpOnly: true, sameSite: "Strict", path: "/", secure });
      return c.body(null, 204);
    });
