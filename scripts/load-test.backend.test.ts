import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { connect } from "@noisette/server/client";
import { createServer } from "@noisette/server/server";
import { expect, test } from "vitest";
import { emptyDataFolder } from "../fixtures/empty-catalogue.ts";
import { sendLoad } from "./load-test.ts";

test("sendLoad() finds nothing lost, doubled or out of turn when many clients send jobs at once", async () => {
  const path = fileURLToPath(new URL("../fixtures/models/sd1", import.meta.url));
  const data = await emptyDataFolder();
  const server = createServer({
    data,
    given: [{ id: "tiny", path }],
    hubCache: false,
    engine: { device: "cpu", threads: 1 },
  });
  try {
    const { url } = await server.listen({ port: 0 });
    const { latencyMs, ...report } = await sendLoad(connect(url), { jobs: 24, clients: 8 });
    expect(report).toMatchObject({ lost: 0, doubled: 0, outOfTurn: 0 });
    // At least queued, started, a step, the picture and the end of each.
    expect(latencyMs.length).toBeGreaterThan(24 * 5);
  } finally {
    await server.close();
    await rm(data, { recursive: true, force: true });
  }
});
