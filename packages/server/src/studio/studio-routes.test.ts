import { describe, expect, test } from "vitest";
import { studioRoutes } from "./studio-routes.ts";

describe("studioRoutes()", () => {
  const studio = studioRoutes();

  test("gives the page, packed for who takes that, and its parts by the names in it", async () => {
    const plain = await studio.request("/");
    const page = await plain.text();
    expect([plain.status, plain.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    const packed = await studio.request("/", { headers: { "accept-encoding": "gzip, br" } });
    expect(packed.headers.get("content-encoding")).toBe("gzip");
    const [, script] = /src="\.(\/assets\/[^"]+\.js)"/.exec(page)!;
    const part = await studio.request(script);
    expect([part.status, part.headers.get("content-type")]).toEqual([200, "text/javascript; charset=utf-8"]);
    expect(part.headers.get("cache-control")).toContain("immutable");
    await part.arrayBuffer();
  });

  test.each(["/assets/none.js", "/assets/..%2Findex.html", "/assets/..%2F..%2F..%2Fpackage.json", "/package.json"])(
    "gives nothing at %s, which is no part of it",
    async (path) => {
      expect((await studio.request(path)).status).toBe(404);
    },
  );
});
