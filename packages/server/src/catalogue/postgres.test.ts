import { expect, test } from "vitest";
import { openPostgres } from "./postgres.ts";

test("openPostgres() says where it finds no server, and not by which password", async () => {
  const opening = openPostgres("postgres://me:geheim@127.0.0.1:1/name", { patienceMs: 0 });
  await expect(opening).rejects.toThrow(
    /^Cannot open the catalogue at "postgres:\/\/127.0.0.1:1\/name": connect ECONNREFUSED/,
  );
});
