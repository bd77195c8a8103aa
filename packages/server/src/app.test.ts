import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodePng } from "@noisette/core/platform/node";
import { adapterPath } from "@noisette/core/pipelines/adapter-path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDataFolder } from "../../../fixtures/empty-catalogue.ts";
import { servedAdapters } from "./jobs/served-adapters.ts";
import { openParts } from "./parts.ts";
import type { Parts } from "./parts.ts";
import type { Problem } from "./schema/problem.ts";
import type { ServerOptions } from "./server-options.ts";
import { createServer } from "./server.ts";

const tiny = fileURLToPath(new URL("../../../fixtures/models/sd1", import.meta.url));
const operatorKey = "operator-key-of-the-test";
const folders: string[] = [];

/** A server without socket and worker: requests are answered, jobs wait. */
async function open(options: Partial<ServerOptions> = {}, address = { loopback: true }): Promise<Parts> {
  const data = await emptyDataFolder();
  folders.push(data);
  return openParts({ data, hubCache: false, given: [{ id: "tiny", path: tiny }], ...options }, address);
}

/** Asks as a client of this machine does. */
function asker(parts: Parts, base: Record<string, string> = {}) {
  return async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const isBytes = body instanceof Uint8Array;
    return parts.fetch(
      new Request(`http://127.0.0.1:7860${path}`, {
        method,
        headers: {
          host: "127.0.0.1:7860",
          ...(body !== undefined && !isBytes && { "content-type": "application/json" }),
          ...base,
          ...headers,
        },
        ...(body !== undefined && {
          body: isBytes || typeof body === "string" ? (body as string) : JSON.stringify(body),
        }),
      }),
      {},
    );
  };
}

const kindOf = async (answer: Response | Promise<Response>): Promise<string> => {
  const response = await answer;
  expect(response.headers.get("content-type")).toBe("application/problem+json");
  const problem = (await response.json()) as Problem;
  expect(problem.status).toBe(response.status);
  return problem.type.replace("/docs/problems#", "");
};

const job = (options: object = {}, more: object = {}) => ({
  task: "generate",
  options: { prompt: "a fox", ...options },
  ...more,
});

afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

describe("serverApp() on loopback", () => {
  let parts: Parts;
  let ask: ReturnType<typeof asker>;
  let models: string;
  beforeAll(async () => {
    models = await mkdtemp(join(tmpdir(), "noisette-models-"));
    folders.push(models);
    await mkdir(join(models, "inner"));
    await symlink(tiny, join(models, "inner", "copy"));
    await symlink(join(tiny, "../../single_file/sd1_ldm.safetensors"), join(models, "linked.safetensors"));
    const limits = {
      bodyBytes: 200_000,
      inputPixels: 10_000,
      pixels: 512 * 512,
      steps: 50,
      pictures: 4,
      queuedJobs: 3,
      streams: 1,
    };
    parts = await open({ models, limits });
    ask = asker(parts);
  });
  afterAll(() => parts.close(0));

  test("says what is wrong with a request when it is not as it should be", async () => {
    expect(await kindOf(ask("POST", "/v1/jobs", "{"))).toBe("bad-json");
    expect(await kindOf(ask("POST", "/v1/jobs", "null"))).toBe("bad-request");
    expect(await kindOf(ask("POST", "/v1/jobs", { task: "dream" }))).toBe("bad-request");
    expect(await kindOf(ask("GET", "/v1/nothing"))).toBe("not-found");
    expect(await kindOf(ask("GET", "/v1/jobs/none"))).toBe("not-found");
    expect(await kindOf(ask("GET", "/v1/jobs?before=x"))).toBe("bad-request");
    const answer = await ask("POST", "/v1/jobs", { ...job({ step: 3, width: 65 }), colour: "red" });
    const { detail, errors } = (await answer.json()) as Problem;
    expect(detail).toContain("step");
    expect(errors!.map(({ path }) => path)).toContain("options.width");
  });

  test("keeps to the limits when a job is too large", async () => {
    for (const options of [
      { width: 1024, height: 512 },
      { width: 256, height: 256, hiresScale: 3 },
      { steps: 51 },
      { count: 5 },
    ])
      expect(await kindOf(ask("POST", "/v1/jobs", job(options)))).toBe("beyond-limits");
    expect(await kindOf(ask("POST", "/v1/jobs", job({ prompt: "x".repeat(200_000) })))).toBe("too-large");
  });

  test("takes so many jobs and no more when they wait, and the same one once under one key", async () => {
    const key = { "idempotency-key": "once" };
    const first = (await (await ask("POST", "/v1/jobs", job(), key)).json()) as { id: string };
    expect(await (await ask("POST", "/v1/jobs", job({ prompt: "another" }), key)).json()).toMatchObject({
      id: first.id,
    });
    const answers = await Promise.all(Array.from({ length: 4 }, () => ask("POST", "/v1/jobs", job())));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 202, 429, 429]);
    expect(answers.find(({ status }) => status === 429)!.headers.get("retry-after")).toBe("10");
    const { jobs } = (await (await ask("GET", "/v1/jobs?state=open")).json()) as {
      jobs: { id: string; place: number }[];
    };
    expect(jobs.map(({ place }) => place)).toEqual([3, 2, 1]);
    for (const { id } of jobs)
      expect(await (await ask("DELETE", `/v1/jobs/${id}`)).json()).toMatchObject({ state: "cancelled" });
  });

  test("fills in the choices of the program that compat names, unless they are made", async () => {
    const answer = await ask("POST", "/v1/jobs", job({ compat: "a1111", rng: "cpu" }));
    const { id, request } = (await answer.json()) as { id: string; request: { options: object } };
    expect(request.options).toMatchObject({ strengthSteps: "a1111", rng: "cpu", emptyNegative: "zeros" });
    await ask("DELETE", `/v1/jobs/${id}`);
  });

  test("names lead to no file outside the folders when they look like paths, links or addresses", async () => {
    const { data } = (await (await ask("GET", "/v1/models")).json()) as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual(["tiny"]);
    const names = [
      "../sd1",
      tiny,
      "linked.safetensors",
      "inner/copy",
      "https://example.org/a.safetensors",
      "C:\\a",
      "%2e%2e",
      "\0",
    ];
    for (const model of names) {
      expect(await kindOf(ask("POST", "/v1/jobs", job({}, { model })))).toBe("unknown-model");
      expect(await kindOf(ask("POST", "/v1/models/load", { id: model }))).toBe("unknown-model");
      expect(await kindOf(ask("POST", "/v1/jobs", job({}, { init: model })))).toBe("unknown-picture");
      expect(await kindOf(ask("POST", "/v1/jobs", job({}, { controls: [{ network: model }] })))).toBe("unknown-model");
    }
    for (const options of [{ controls: [{ path: tiny }] }, { ipAdapters: [{ path: tiny }] }])
      expect(await kindOf(ask("POST", "/v1/jobs", job(options)))).toBe("bad-request");
    const adapters = await servedAdapters(undefined);
    const file = join(tiny, "model_index.json");
    await expect(adapterPath("lora", file, adapters)).rejects.toThrow(/this server has none/);
    await expect(adapterPath("lora", file, await servedAdapters(models))).rejects.toThrow(/Cannot find the LoRA/);
    for (const id of ["..%2f..%2fcatalogue.complete", "%2e%2e", "a%00b"])
      expect(await kindOf(ask("GET", `/v1/images/${id}/file`))).toBe("not-found");
    const recipe = {
      trainer: "diffusion",
      name: "x",
      data: { path: "/etc" },
      size: 8,
      steps: 1,
      batchSize: 1,
      unet: { features: [8], attention: [false] },
    };
    for (const path of ["/etc", "..", tiny, "none"])
      expect(await kindOf(ask("POST", "/v1/training", { recipe: { ...recipe, data: { path } } }))).toBe("bad-request");
  });

  test("takes no picture that is none, or too large when decoded", async () => {
    const small = await encodePng({ width: 20, height: 10, channels: 3, data: new Uint8Array(600) });
    expect(await (await ask("POST", "/v1/uploads", small)).json()).toMatchObject({ width: 20, height: 10 });
    // A header of 60000 × 60000 pixels over the same few bytes.
    const bomb = small.slice();
    new DataView(bomb.buffer).setUint32(16, 60_000);
    new DataView(bomb.buffer).setUint32(20, 60_000);
    expect(["too-many-pixels", "unreadable-picture"]).toContain(await kindOf(ask("POST", "/v1/uploads", bomb)));
    const large = await encodePng({ width: 200, height: 100, channels: 3, data: new Uint8Array(60_000) });
    expect(await kindOf(ask("POST", "/v1/uploads", large))).toBe("too-many-pixels");
    const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    expect(await kindOf(ask("POST", "/v1/uploads", svg))).toBe("unreadable-picture");
    expect(await kindOf(ask("POST", "/v1/jobs", job({}, { init: "data:image/png;base64,AAAA" })))).toBe(
      "unreadable-picture",
    );
  });

  test("serves no other site when a browser is made to ask", async () => {
    expect(await kindOf(ask("GET", "/v1/health", undefined, { host: "evil.example:7860" }))).toBe("forbidden");
    expect(await kindOf(ask("POST", "/v1/jobs", job(), { origin: "https://evil.example" }))).toBe("forbidden");
    expect(await kindOf(ask("GET", "/v1/health", undefined, { origin: "null" }))).toBe("forbidden");
    const own = await ask("GET", "/v1/health", undefined, { origin: "http://127.0.0.1:7860" });
    expect(own.status).toBe(200);
    expect(own.headers.get("access-control-allow-origin")).toBeNull();
    expect(own.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("refuses a further stream politely when enough are open", async () => {
    const { id } = (await (await ask("POST", "/v1/jobs", job())).json()) as { id: string };
    const stream = await ask("GET", `/v1/jobs/${id}/events`);
    const reader = stream.body!.getReader();
    await reader.read();
    const second = await ask("GET", `/v1/jobs/${id}/events`);
    expect(second.headers.get("retry-after")).toBe("5");
    expect(await kindOf(second)).toBe("too-many-streams");
    await reader.cancel();
    await expect.poll(async () => (await ask("GET", "/metrics")).text()).toContain("noisette_streams_open 0");
    await ask("DELETE", `/v1/jobs/${id}`);
  });

  test("describes every route and shows the description without another site", async () => {
    const { paths } = (await (await ask("GET", "/openapi.json")).json()) as { paths: Record<string, object> };
    for (const path of ["/v1/jobs", "/v1/jobs/{id}/events", "/v1/images", "/v1/models", "/v1/training", "/v1/health"])
      expect(paths).toHaveProperty([path]);
    const page = await (await ask("GET", "/docs")).text();
    expect([...page.matchAll(/(?:src|href)="([^"]+)"/g)].every(([, address]) => address.startsWith("/"))).toBe(true);
    for (const [, address] of page.matchAll(/(?:src|href)="([^"]+)"/g))
      expect((await ask("GET", address)).status).toBe(200);
    expect(await (await ask("GET", "/docs/problems")).text()).toContain('id="queue-full"');
  });

  test("refuses its folder to a second server", async () => {
    await expect(openParts({ data: folders.at(-1)! }, { loopback: true })).rejects.toThrow(/another server/);
  });

  test("lists samplers, schedules and what recipes take", async () => {
    const list = async (path: string) => (await (await ask("GET", path)).json()) as { id: string }[];
    expect((await list("/v1/samplers")).map(({ id }) => id)).toContain("dpmpp_2m");
    expect((await list("/v1/schedules")).map(({ id }) => id)).toContain("karras");
    expect(await list("/v1/upscalers")).toEqual([]);
    expect((await list("/v1/training/recipes/diffusion")).length).toBeGreaterThan(20);
  });

  test("keeps uploaded data sets, a picture once", async () => {
    const picture = await encodePng({ width: 8, height: 8, channels: 3, data: new Uint8Array(192) });
    for (const _ of [1, 2])
      expect(await (await ask("POST", "/v1/datasets/foxes/pictures?caption=a%20fox", picture)).json()).toEqual({
        id: "foxes",
        origin: "uploaded",
        pictures: 1,
      });
    expect(await kindOf(ask("POST", "/v1/datasets/..%2fx/pictures", picture))).toBe("bad-request");
  });

  test("answers with a problem and never fails when requests are random", async () => {
    const { paths } = (await (await ask("GET", "/openapi.json")).json()) as {
      paths: Record<string, Record<string, unknown>>;
    };
    // These answer when their job is done, and nobody works here.
    const waits = /^\/sdapi\/v1\/(txt2img|img2img|extra-)|^\/v1\/images\/(generations|edits|variations)$/;
    const routes = Object.entries(paths)
      .filter(([path]) => !waits.test(path))
      .flatMap(([path, methods]) => Object.keys(methods).map((method) => ({ path, method })));
    const word = fc.oneof(
      fc.string({ maxLength: 20 }),
      fc.constantFrom("tiny", "..", "\0", "\ud800", "-1", "1e999", "__proto__"),
    );
    const value = fc.oneof(
      word,
      fc.jsonValue(),
      fc.record({
        task: fc.constantFrom("generate", "upscale", "download"),
        options: fc.object(),
        image: word,
        id: word,
      }),
      fc.record({
        task: fc.constant("generate"),
        options: fc.record({ prompt: word, seed: fc.integer(), scheduler: fc.object() }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...routes),
        word,
        value,
        fc.dictionary(word, word, { maxKeys: 3 }),
        async (route, id, body, query) => {
          const path = route.path.replaceAll(/\{\w+\}/g, () =>
            encodeURIComponent(id.replaceAll(/\p{Surrogate}/gu, "?")),
          );
          const search = new URLSearchParams(query);
          const hasBody = !["get", "delete", "head"].includes(route.method);
          const answer = await ask(
            route.method.toUpperCase(),
            `${path}?${search}`,
            hasBody ? JSON.stringify(body) : undefined,
          );
          await answer.body?.cancel();
          if (answer.status >= 500) throw new Error(`${route.method} ${path} → ${answer.status}`);
        },
      ),
      { numRuns: 150, seed: 7 },
    );
  });
});

describe("serverApp() with keys", () => {
  let parts: Parts;
  beforeAll(async () => {
    parts = await open(
      { keys: [operatorKey], origins: ["https://friend.example"], limits: { requestsPerMinute: 60 } },
      { loopback: false },
    );
  });
  afterAll(() => parts.close(0));

  test("serves who has a key, and shows each their own jobs", async () => {
    const nobody = asker(parts);
    expect(await kindOf(nobody("GET", "/v1/jobs"))).toBe("no-key");
    expect(await kindOf(nobody("GET", "/v1/jobs", undefined, { authorization: "Bearer wrong" }))).toBe("no-key");
    expect((await nobody("GET", "/v1/health")).status).toBe(200);
    const operator = asker(parts, { authorization: `Bearer ${operatorKey}` });
    const made = [];
    for (const name of ["ann", "bob"])
      made.push((await (await operator("POST", "/v1/keys", { name })).json()) as { id: string; key: string });
    expect(JSON.stringify(await (await operator("GET", "/v1/keys")).json())).not.toContain(made[0].key);
    // Keys that were just made count after a moment.
    const ann = asker(parts, { authorization: `Basic ${Buffer.from(`ann:${made[0].key}`).toString("base64")}` });
    await expect.poll(async () => (await ann("GET", "/v1/jobs")).status, { timeout: 5000 }).toBe(200);
    const bob = asker(parts, { "x-api-key": made[1].key });

    const { id } = (await (await ann("POST", "/v1/jobs", job())).json()) as { id: string };
    expect(await kindOf(bob("GET", `/v1/jobs/${id}`))).toBe("not-found");
    expect(await kindOf(bob("DELETE", `/v1/jobs/${id}`))).toBe("not-found");
    expect(await (await bob("GET", "/v1/jobs")).json()).toEqual({ jobs: [] });
    expect((await operator("GET", `/v1/jobs/${id}`)).status).toBe(200);
    expect(await kindOf(bob("POST", "/v1/keys", { name: "eve" }))).toBe("forbidden");
    expect(await kindOf(bob("GET", "/v1/training"))).toBe("forbidden");

    const session = await ann("POST", "/v1/session");
    const cookie = session.headers.get("set-cookie")!;
    expect(cookie).toMatch(/HttpOnly.*SameSite=Strict/);
    expect((await nobody("GET", `/v1/jobs/${id}`, undefined, { cookie: cookie.split(";")[0] })).status).toBe(200);
    expect((await operator("DELETE", `/v1/keys/${made[0].id}`)).status).toBe(204);
    await expect.poll(async () => (await ann("GET", "/v1/jobs")).status, { timeout: 5000 }).toBe(401);
  });

  test("serves pages of the origins it was told to", async () => {
    const friend = asker(parts, { authorization: `Bearer ${operatorKey}`, origin: "https://friend.example" });
    expect((await friend("GET", "/v1/samplers")).headers.get("access-control-allow-origin")).toBe(
      "https://friend.example",
    );
    const asked = await asker(parts)("OPTIONS", "/v1/jobs", undefined, {
      origin: "https://friend.example",
      "access-control-request-method": "POST",
    });
    expect(asked.status).toBe(204);
  });

  test("asks for a pause when one key asks too often", async () => {
    const busy = asker(parts, { authorization: `Bearer ${operatorKey}` });
    const answers = await Promise.all(Array.from({ length: 80 }, () => busy("GET", "/v1/samplers")));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(Number(refused[0].headers.get("retry-after"))).toBeGreaterThan(0);
  });
});

test("createServer() listens beyond loopback only with a key or leave", async () => {
  await expect(createServer({ data: "nowhere" }).listen({ host: "0.0.0.0", port: 0 })).rejects.toThrow(/--key/);
});
