// A small Hub on the loopback interface, with the real one's routes, headers and redirects, against which the whole of
// hub*.ts runs.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { access, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { HUB_URL } from "@huggingface/hub";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { disk } from "#platform";
import { downloadBlob } from "./hub-download.ts";
import type { HubError } from "./hub-error.ts";
import { withLock } from "./hub-lock.ts";
import { resolveModel, type ResolveModelOptions } from "./hub.ts";
import type { HubProgress } from "./hub-snapshot.ts";

const commit = "0123456789abcdef0123456789abcdef01234567";
const weights = Buffer.from(Uint8Array.from({ length: 400_000 }, (_, i) => (i * i) >> 5));
const text = (value: object) => Buffer.from(JSON.stringify(value));

const sd1: Record<string, Buffer> = {
  "README.md": Buffer.from("# tiny"),
  "model_index.json": text({
    _class_name: "StableDiffusionPipeline",
    safety_checker: ["stable_diffusion", "StableDiffusionSafetyChecker"],
    scheduler: ["diffusers", "DDIMScheduler"],
    tokenizer: ["transformers", "CLIPTokenizer"],
    unet: ["diffusers", "UNet2DConditionModel"],
    vae: ["diffusers", "AutoencoderKL"],
  }),
  "safety_checker/model.safetensors": Buffer.alloc(5000),
  "scheduler/scheduler_config.json": text({ beta_start: 0.00085 }),
  "tokenizer/merges.txt": Buffer.from("#version: 0.2\n"),
  "tokenizer/tokenizer_config.json": text({ pad_token: "!" }),
  "tokenizer/vocab.json": text({ "!": 0 }),
  "unet/config.json": text({ in_channels: 4 }),
  "unet/diffusion_pytorch_model.bin": Buffer.alloc(6000),
  "unet/diffusion_pytorch_model.fp16.safetensors": Buffer.from("half a unet"),
  "unet/diffusion_pytorch_model.safetensors": weights,
  "vae/config.json": text({ latent_channels: 4 }),
  "vae/diffusion_pytorch_model.safetensors": Buffer.from("a vae"),
};
const wanted = Object.keys(sd1).filter((path) => !/README|safety|\.bin|fp16/.test(path));
const unetPath = "unet/diffusion_pytorch_model.safetensors";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const gitSha1 = (bytes: Buffer) => createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
const isLfs = (path: string) => /\.(safetensors|bin|ckpt)$/.test(path);
const etagOf = (path: string, bytes: Buffer) => (isLfs(path) ? sha256(bytes) : gitSha1(bytes));

interface Hub {
  files: Record<string, Buffer>;
  /** "METHOD path" of every request, to the Hub and to the other host, in order. */
  requests: string[];
  /** The Authorization headers each of the two hosts was sent. */
  tokens: { hub: (string | undefined)[]; storage: (string | undefined)[] };
  ranges: (string | undefined)[];
  endpoint: string;
  /** What the server does wrong. */
  ignoreRange: boolean;
  /** Bytes after which the connection of a large file is cut, one entry per request. */
  cutAfter: number[];
  /** Bytes after which a large file stops coming, its connection kept. */
  stallAfter: number;
  refuse?: { status: number; headers?: Record<string, string>; on: RegExp };
  corrupt: boolean;
}

let hub: Hub & { commit: string };
let servers: Server[];
let cacheFolder: string;

beforeEach(async () => {
  cacheFolder = await mkdtemp(join(tmpdir(), "noisette-hub-"));
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_ENDPOINT"]) {
    vi.stubEnv(name, "");
  }
  servers = [];
  vi.stubEnv("HF_HOME", `${cacheFolder}/home`);
  hub = await startHub();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(cacheFolder, { recursive: true });
});

const resolve = (id = "owner/tiny", options: ResolveModelOptions = {}) =>
  resolveModel(id, { endpoint: hub.endpoint, cacheFolder, ...options });
const repositoryFolder = () => `${cacheFolder}/models--owner--tiny`;
const blobPath = (path: string) => `${repositoryFolder()}/blobs/${etagOf(path, hub.files[path])}`;
const bodiesSince = (start: number) => hub.requests.slice(start).filter((line) => line.includes("/resolve/"));
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("no error"),
    (error: HubError) => error,
  );
const filesBelow = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe("resolveModel()", () => {
  it("resolveModel() returns the path when it exists", async () => {
    expect(await resolve(cacheFolder)).toBe(cacheFolder);
    expect(hub.requests).toEqual([]);
  });

  it("resolveModel() throws naming both possibilities when the text is neither a path nor a Hub id", async () => {
    await expect(resolve("./nothing.safetensors")).rejects.toThrow(
      "no such file, and not a Hub id (of the form owner/name",
    );
  });

  it("resolveModel() fetches what the model needs into the layout of huggingface_hub when nothing is cached", async () => {
    const path = await resolve();
    const folder = repositoryFolder();
    expect(path).toBe(`${folder}/snapshots/${commit}`);
    expect(await filesBelow(path)).toEqual(wanted);
    for (const file of wanted) {
      expect((await readFile(`${path}/${file}`)).equals(hub.files[file])).toBe(true);
      const up = file.includes("/") ? "../../.." : "../..";
      expect(await readlink(`${path}/${file}`)).toBe(`${up}/blobs/${etagOf(file, hub.files[file])}`);
    }
    expect(await readFile(`${folder}/refs/main`, "utf8")).toBe(commit);
    expect((await readdir(`${folder}/blobs`)).sort()).toEqual(
      wanted.map((file) => etagOf(file, hub.files[file])).sort(),
    );
    expect((await readdir(folder)).sort()).toEqual(["blobs", "refs", "snapshots", "trees"]);
    const tree = JSON.parse(await readFile(`${folder}/trees/${commit}.json`, "utf8"));
    expect(Object.keys(tree.files)).toEqual(Object.keys(hub.files).sort());
    expect(tree.files[unetPath]).toEqual({
      size: 400_000,
      blob_id: gitSha1(weights),
      lfs_sha256: sha256(weights),
      lfs_size: 400_000,
    });
    expect(await filesBelow(`${cacheFolder}/.locks`)).toEqual([]);
  });

  it("resolveModel() asks only for the commit when all is cached, and for nothing when that is named", async () => {
    const path = await resolve();
    const before = hub.requests.length;
    expect(await resolve()).toBe(path);
    expect(hub.requests.slice(before)).toEqual(["GET /api/models/owner/tiny/revision/main"]);
    expect(await resolve(`owner/tiny@${commit}`)).toBe(path);
    expect(hub.requests).toHaveLength(before + 1);
  });

  it("resolveModel() fetches the variant beside what is cached when it is asked for", async () => {
    await resolve();
    const before = hub.requests.length;
    const path = await resolve("owner/tiny", { variant: "fp16" });
    expect(bodiesSince(before)).toHaveLength(1);
    expect(await readFile(`${path}/unet/diffusion_pytorch_model.fp16.safetensors`, "utf8")).toBe("half a unet");
  });

  it("resolveModel() returns the file when one file is meant", async () => {
    const path = `${repositoryFolder()}/snapshots/${commit}/${unetPath}`;
    expect(await resolve(`owner/tiny/${unetPath}`)).toBe(path);
    expect(bodiesSince(0)).toHaveLength(1);
    expect(await resolve(`${hub.endpoint}/owner/tiny/blob/main/${unetPath}`)).toBe(path);
    expect(await resolve(`${HUB_URL}/owner/tiny/resolve/main/${unetPath}`)).toBe(path);
    expect(bodiesSince(0)).toHaveLength(1);
  });

  it("resolveModel() returns the checkpoint when the repository holds one and no index", async () => {
    hub.files = { "README.md": sd1["README.md"], "model v1.ckpt": weights };
    expect(await resolve()).toBe(`${repositoryFolder()}/snapshots/${commit}/model v1.ckpt`);
    hub.files = { "a.ckpt": weights, "b.safetensors": weights };
    await rm(`${repositoryFolder()}/trees`, { recursive: true });
    expect(await errorOf(resolve())).toMatchObject({
      code: "ambiguous",
      message: expect.stringContaining('"a.ckpt", "b.safetensors"'),
    });
  });

  it("resolveModel() follows a branch when it moves, and keeps the old name until the new files are there", async () => {
    await resolve();
    hub.files = { ...sd1, "vae/config.json": text({ latent_channels: 16 }) };
    const newer = "f".repeat(40);
    hub.commit = newer;
    hub.corrupt = true;
    expect((await errorOf(resolve())).code).toBe("checksum");
    expect(await readFile(`${repositoryFolder()}/refs/main`, "utf8")).toBe(commit);
    hub.corrupt = false;
    const before = hub.requests.length;
    expect(await resolve()).toContain(newer);
    expect(bodiesSince(before)).toEqual([`GET /owner/tiny/resolve/${newer}/vae/config.json`]); // the other blobs are known
    expect(await readFile(`${repositoryFolder()}/refs/main`, "utf8")).toBe(newer);
  });

  it("resolveModel() reports each file and the whole when it downloads", async () => {
    const events: HubProgress[] = [];
    await resolve("owner/tiny", { onProgress: (event) => events.push(event) });
    const total = wanted.reduce((sum, path) => sum + hub.files[path].length, 0);
    const ends = events.filter((event) => event.receivedBytes === event.totalBytes).map((event) => event.file);
    expect([...new Set(ends)].sort()).toEqual(wanted.filter((path) => path !== "model_index.json"));
    expect(events.every((event) => event.overallTotalBytes === total)).toBe(true);
    expect(events.at(-1)!.overallReceivedBytes).toBe(total);
    const sums = events.map((event) => event.overallReceivedBytes);
    expect(sums).toEqual([...sums].sort((a, b) => a - b));
  });
});

describe("resolveModel() and a cache made by others", () => {
  // What huggingface_hub before 1.18 leaves: no trees/ folder.
  const fillAsPython = async (paths: string[]) => {
    await mkdir(`${repositoryFolder()}/refs`, { recursive: true });
    await writeFile(`${repositoryFolder()}/refs/main`, commit);
    await mkdir(`${repositoryFolder()}/blobs`);
    for (const path of paths) {
      const pointer = `${repositoryFolder()}/snapshots/${commit}/${path}`;
      await writeFile(blobPath(path), hub.files[path]);
      await mkdir(dirname(pointer), { recursive: true });
      await symlink(`${path.includes("/") ? "../../.." : "../.."}/blobs/${etagOf(path, hub.files[path])}`, pointer);
    }
  };

  it("resolveModel() makes no request when offline, nor when the commit is named", async () => {
    await fillAsPython(wanted);
    const path = `${repositoryFolder()}/snapshots/${commit}`;
    expect(await resolve("owner/tiny", { offline: true })).toBe(path);
    expect(await resolve(`owner/tiny/${unetPath}`, { offline: true })).toBe(`${path}/${unetPath}`);
    expect(await resolve(`owner/tiny@${commit}`)).toBe(path);
    expect(hub.requests).toEqual([]);
    expect(await resolve()).toBe(path);
    expect(bodiesSince(0)).toEqual([]);
  });

  it("resolveModel() uses the variant that is cached when offline, and fetches the plain one when not", async () => {
    await fillAsPython(
      wanted.map((path) => (path === unetPath ? "unet/diffusion_pytorch_model.fp16.safetensors" : path)),
    );
    expect(await resolve("owner/tiny", { offline: true })).toContain(commit);
    await resolve(`owner/tiny@${commit}`);
    expect(bodiesSince(0)).toEqual([`GET /owner/tiny/resolve/${commit}/${unetPath}`]);
  });

  it("resolveModel() continues the partial file when another tool left one", async () => {
    await mkdir(`${repositoryFolder()}/blobs`, { recursive: true });
    await writeFile(`${blobPath(unetPath)}.incomplete`, weights.subarray(0, 100_000));
    expect((await readFile(await resolve(`owner/tiny/${unetPath}`))).equals(weights)).toBe(true);
    expect(hub.ranges).toEqual(["bytes=100000-"]);
  });

  it("resolveModel() starts again when the partial file is wrong, too long or already whole", async () => {
    await mkdir(`${repositoryFolder()}/blobs`, { recursive: true });
    for (const [partial, ranges] of [
      [Buffer.alloc(200_000), ["bytes=200000-", undefined]],
      [Buffer.alloc(400_000), [undefined]],
      [Buffer.alloc(500_000), [undefined]],
      [weights, []],
    ] as const) {
      await rm(`${repositoryFolder()}/snapshots`, { recursive: true, force: true });
      await rm(blobPath(unetPath), { force: true });
      await writeFile(`${blobPath(unetPath)}.incomplete`, partial);
      hub.ranges = [];
      expect((await readFile(await resolve(`owner/tiny/${unetPath}`))).equals(weights)).toBe(true);
      expect(hub.ranges).toEqual(ranges);
    }
  });

  it("resolveModel() names what is missing when offline", async () => {
    expect(await errorOf(resolve("owner/tiny", { offline: true }))).toMatchObject({
      code: "offline",
      message: `Cannot use "owner/tiny" offline: its revision "main" is not in "${cacheFolder}" (one run with the network is wanted)`,
    });
    await fillAsPython(wanted.filter((path) => path !== unetPath));
    expect((await errorOf(resolve("owner/tiny", { offline: true }))).message).toMatch(
      /no weights .* in "unet" \(it holds: "config.json"\)/,
    );
    await resolve();
    await rm(blobPath(unetPath));
    vi.stubEnv("HF_HUB_OFFLINE", "1");
    expect((await errorOf(resolve())).message).toContain(`offline: not cached: "${unetPath}"`);
    const index = `${repositoryFolder()}/snapshots/${commit}/model_index.json`;
    await rm(index);
    expect((await errorOf(resolve())).message).toContain("its model_index.json is not cached");
  });
});

describe("resolveModel() and a network that fails", () => {
  it("resolveModel() continues where it was when the server closes the connection mid-body", async () => {
    hub.cutAfter = [150_000, 100_000];
    expect((await readFile(await resolve(`owner/tiny/${unetPath}`))).equals(weights)).toBe(true);
    expect(hub.ranges).toHaveLength(3);
    const starts = hub.ranges.slice(1).map((range) => Number(/^bytes=(\d+)-$/.exec(range!)![1]));
    expect(starts[0]).toBeLessThanOrEqual(150_000); // what was in flight may be lost with the connection
    expect(starts[1]).toBeGreaterThan(starts[0]);
  });

  it("resolveModel() starts from zero when the server ignores ranges", async () => {
    hub.cutAfter = [150_000];
    hub.ignoreRange = true;
    expect((await readFile(await resolve(`owner/tiny/${unetPath}`))).equals(weights)).toBe(true);
    expect(hub.ranges).toEqual([undefined, expect.stringMatching(/^bytes=/)]);
  });

  it("resolveModel() throws and keeps no blob when the bytes are not the promised ones", async () => {
    hub.corrupt = true;
    const error = await errorOf(resolve(`owner/tiny/${unetPath}`));
    expect(error).toMatchObject({ name: "HubError", code: "checksum" });
    expect(error.message).toMatch(
      /^Cannot use "owner\/tiny\/unet.*" from 127.*: its hash is [0-9a-f]{64} \([0-9a-f]{64} is wanted\)/,
    );
    expect(await filesBelow(`${repositoryFolder()}/blobs`)).toEqual([]);
    expect((await errorOf(resolve("owner/tiny/vae/config.json"))).message).toMatch(/its hash is [0-9a-f]{40} /);
  });

  it("resolveModel() keeps the partial file and throws the reason when it is aborted, and continues later", async () => {
    hub.stallAfter = 120_000;
    const stop = new AbortController();
    const reason = new Error("the user left");
    const onProgress = ({ receivedBytes }: HubProgress) => receivedBytes > 100_000 && stop.abort(reason);
    const file = `owner/tiny/${unetPath}`;
    const running = errorOf(resolve(file, { signal: stop.signal, onProgress }));
    await vi.waitFor(async () =>
      expect((await stat(`${blobPath(unetPath)}.incomplete`)).size).toBeGreaterThan(100_000),
    );
    stop.abort(reason);
    expect(await running).toBe(reason);
    expect(await filesBelow(`${cacheFolder}/.locks`)).toEqual([]);
    await expect(access(blobPath(unetPath))).rejects.toThrow("ENOENT");

    hub.stallAfter = Infinity;
    hub.ranges = [];
    expect((await readFile(await resolve(file))).equals(weights)).toBe(true);
    expect(hub.ranges).toEqual([expect.stringMatching(/^bytes=1[0-2]\d{4}-$/)]);
    await expect(resolve(file, { signal: stop.signal })).rejects.toBe(reason);
  });

  it("resolveModel() names the host and the remedies when nobody answers, and uses the cache when it is whole", async () => {
    const endpoint = await listen(() => {});
    await new Promise((done) => servers.pop()!.close(done)); // now nobody listens there
    expect(await errorOf(resolve("owner/tiny", { endpoint }))).toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(
        /no answer from 127\.0\.0\.1:\d+: ECONNREFUSED \(.*HF_ENDPOINT, or HF_HUB_OFFLINE=1/,
      ),
    });
    const path = await resolve();
    const warned = new Promise<Error>((done) => process.once("warning", done));
    expect(await resolve("owner/tiny", { endpoint })).toBe(path);
    expect((await warned).message).toContain(`using the cached "${path}"`);
  });

  it("resolveModel() asks again when the server is overloaded", async () => {
    hub.refuse = { status: 503, on: /revision/ };
    setTimeout(() => (hub.refuse = undefined), 200);
    expect(await resolve()).toContain(commit);
    hub.refuse = { status: 429, on: /revision/, headers: { "X-Error-Message": "slow down" } };
    expect((await errorOf(resolve("owner/other"))).message).toContain('answered 429, "slow down"');
  });
});

describe("resolveModel() and who may have what", () => {
  it("resolveModel() sends the token to the Hub and not to the host it redirects to", async () => {
    await resolve("owner/tiny", { token: "hf_secret" });
    expect(hub.tokens.hub.length).toBeGreaterThan(8);
    expect(new Set(hub.tokens.hub)).toEqual(new Set(["Bearer hf_secret"]));
    expect(hub.tokens.storage).toEqual([undefined, undefined]); // the two weights
  });

  it("resolveModel() sends HF_TOKEN whatever its form, and none when token is false", async () => {
    vi.stubEnv("HF_TOKEN", "of-another-form");
    await resolve("owner/tiny/README.md");
    expect(new Set(hub.tokens.hub)).toEqual(new Set(["Bearer of-another-form"]));
    hub.tokens.hub = [];
    await resolve("owner/tiny/README.md", { token: false });
    expect(hub.tokens.hub).toEqual([undefined]);
  });

  it.each([
    [
      { status: 401, on: /api/ },
      {},
      "unauthorized",
      '"owner/tiny" does not exist, or it is private or gated (for those, HF_TOKEN',
    ],
    [{ status: 401, on: /api/ }, { token: "hf_x" }, "unauthorized", "does not accept the token"],
    [{ status: 403, on: /api/ }, { token: "hf_x" }, "unauthorized", "access is forbidden (HF_TOKEN has to allow it"],
    [
      { status: 403, on: /resolve.*unet/, headers: { "X-Error-Code": "GatedRepo" } },
      { token: "hf_x" },
      "gated",
      "it is gated (accept its licence at http",
    ],
    [{ status: 404, on: /api/ }, {}, "missing", "no such repository or revision on 127.0.0.1:"],
    [
      { status: 404, on: /api/, headers: { "X-Error-Code": "RevisionNotFound" } },
      { revision: "v9" },
      "missing",
      'Cannot download "owner/tiny@v9": no such revision',
    ],
    [
      { status: 404, on: /resolve/, headers: { "X-Error-Code": "EntryNotFound" } },
      {},
      "missing",
      'no "model_index.json" at revision "main"',
    ],
    [{ status: 418, on: /api/ }, {}, "missing", "answered 418"],
  ] as const)(
    "resolveModel() says what is wrong when the server answers %j",
    async (refuse, options, code, message) => {
      hub.refuse = refuse;
      expect(await errorOf(resolve("owner/tiny", options))).toMatchObject({
        code,
        message: expect.stringContaining(message),
      });
    },
  );

  it("resolveModel() lists the checkpoints when the repository has no such file", async () => {
    expect(await errorOf(resolve("owner/tiny/x.safetensors"))).toMatchObject({
      code: "missing",
      message: expect.stringContaining(
        `Cannot find "x.safetensors" in "owner/tiny@main": it holds "safety_checker/model`,
      ),
    });
  });

  it("resolveModel() writes nothing outside the cache when the server's names are hostile", async () => {
    hub.files = { "../../../evil.ckpt": weights, "model.ckpt": weights };
    expect(await resolve()).toMatch(/model\.ckpt$/);
    expect((await readdir(cacheFolder)).sort()).toEqual([".locks", "models--owner--tiny"]);
  });
});

describe("resolveModel() and others who do the same", () => {
  it("resolveModel() downloads once when it is called twice at once", async () => {
    const paths = await Promise.all([resolve(), resolve(), resolve(`owner/tiny/${unetPath}`)]);
    expect(paths[0]).toBe(paths[1]);
    const bodies = bodiesSince(0);
    expect(bodies.sort()).toEqual([...new Set(bodies)]);
    expect((await readFile(paths[2])).equals(weights)).toBe(true);
  });

  it("resolveModel() takes over at once when another process was killed in the middle", async () => {
    hub.stallAfter = 120_000;
    const file = `owner/tiny/${unetPath}`;
    const script = `import { resolveModel } from ${JSON.stringify(new URL("hub.ts", import.meta.url).href)};
      await resolveModel(${JSON.stringify(file)}, ${JSON.stringify({ endpoint: hub.endpoint, cacheFolder })});`;
    const flags = ["--conditions=source", "--import", "tsx/esm", "--input-type=module", "-e", script];
    const child = spawn(process.execPath, flags, { stdio: ["ignore", "inherit", "inherit"] });
    const ended = new Promise((done) => child.once("exit", done));
    await vi.waitFor(
      async () => expect((await stat(`${blobPath(unetPath)}.incomplete`)).size).toBeGreaterThan(100_000),
      {
        timeout: 20_000,
      },
    );
    child.kill("SIGKILL");
    await ended;
    expect(await filesBelow(`${cacheFolder}/.locks`)).toHaveLength(1);

    hub.stallAfter = Infinity;
    hub.ranges = [];
    const start = performance.now();
    expect((await readFile(await resolve(file))).equals(weights)).toBe(true);
    expect(performance.now() - start).toBeLessThan(5_000); // far below the 30 s of a silent holder
    expect(hub.ranges).toEqual([expect.stringMatching(/^bytes=1[0-2]\d{4}-$/)]);
  }, 30_000);

  it("downloadBlob() yields the right blob when two get past the lock", async () => {
    hub.cutAfter = [150_000, 220_000];
    const subject = {
      endpoint: hub.endpoint,
      token: undefined,
      repository: "owner/tiny",
      revision: "main",
      file: unetPath,
    };
    const url = `${hub.endpoint}/owner/tiny/resolve/${commit}/${unetPath}`;
    const blob = { subject, url, sizeBytes: weights.length, etag: sha256(weights) };
    const path = `${cacheFolder}/blob`;
    await Promise.all(
      ["one", "two"].map((name) =>
        downloadBlob(blob, { disk: disk!, path, lockPath: `${cacheFolder}/.locks/${name}` }),
      ),
    );
    expect((await readFile(path)).equals(weights)).toBe(true);
  });
});

describe("resolveModel() and a disk that fails", () => {
  it("resolveModel() names the folder and the remedy when the cache cannot be made", async () => {
    await writeFile(`${cacheFolder}/file`, "");
    expect(await errorOf(resolve("owner/tiny", { cacheFolder: `${cacheFolder}/file/hub` }))).toMatchObject({
      code: "disk",
      message: expect.stringMatching(/^Cannot save "owner\/tiny": .*, or another folder in HF_HUB_CACHE, is wanted\)$/),
    });
  });

  it("downloadBlob() keeps a partial file to continue from when the disk is full", async () => {
    let room = 100_000;
    const full = {
      ...disk!,
      open: async (path: string) => {
        const file = await disk!.open(path);
        const write = async (bytes: Uint8Array, offset: number) => {
          if ((room -= bytes.length) < 0) throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
          return file.write(bytes, offset);
        };
        return { ...file, write };
      },
    };
    const subject = {
      endpoint: hub.endpoint,
      token: undefined,
      repository: "owner/tiny",
      revision: "main",
      file: unetPath,
    };
    const url = `${hub.endpoint}/owner/tiny/resolve/${commit}/${unetPath}`;
    const blob = { subject, url, sizeBytes: weights.length, etag: sha256(weights) };
    const place = { path: `${cacheFolder}/blob`, lockPath: `${cacheFolder}/lock` };
    await expect(downloadBlob(blob, { disk: full, ...place })).rejects.toThrow("ENOSPC");
    expect(await filesBelow(cacheFolder)).toEqual(["blob.incomplete"]);
    await downloadBlob(blob, { disk: disk!, ...place });
    expect((await readFile(place.path)).equals(weights)).toBe(true);
    expect(hub.ranges[1]).toMatch(/^bytes=\d+-$/);
  });
});

describe("withLock()", () => {
  it("withLock() lets one in at a time when many want in", async () => {
    let inside = 0;
    const visits = Array.from({ length: 4 }, () =>
      withLock(`${cacheFolder}/locks/x`, { disk: disk! }, async () => {
        expect(++inside).toBe(1);
        await new Promise((done) => setTimeout(done, 10));
        inside--;
      }),
    );
    await Promise.all(visits);
    expect(await readdir(`${cacheFolder}/locks`)).toEqual([]);
  });

  it("withLock() takes the lock from a dead process, and waits for one on another machine until it is aborted", async () => {
    const path = `${cacheFolder}/x`;
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((done) => child.once("exit", done));
    await writeFile(path, JSON.stringify({ host: disk!.hostName(), pid: child.pid }));
    expect(await withLock(path, { disk: disk! }, async () => "in")).toBe("in");

    await writeFile(path, JSON.stringify({ host: "elsewhere", pid: child.pid }));
    const onWait = vi.fn<() => Promise<void>>(async () => {});
    await expect(
      withLock(path, { disk: disk!, signal: AbortSignal.timeout(300), onWait }, async () => "in"),
    ).rejects.toThrow("timeout");
    expect(onWait).toHaveBeenCalled();
    expect(JSON.parse(await readFile(path, "utf8")).host).toBe("elsewhere");
  });
});

// ---- the Hub

async function startHub(): Promise<Hub & { commit: string }> {
  const state: Hub & { commit: string } = {
    files: sd1,
    commit,
    requests: [],
    tokens: { hub: [], storage: [] },
    ranges: [],
    endpoint: "",
    ignoreRange: false,
    cutAfter: [],
    stallAfter: Infinity,
    corrupt: false,
  };
  const storage = await listen((request, response) => {
    state.tokens.storage.push(request.headers.authorization);
    const bytes = Object.values(state.files).find((bytes) => request.url === `/${sha256(bytes)}?signature=x`)!;
    sendLarge(state, request, response, bytes);
  });
  state.endpoint = await listen((request, response) => {
    state.tokens.hub.push(request.headers.authorization);
    const { pathname, searchParams } = new URL(request.url!, "http://hub");
    state.requests.push(`${request.method} ${decodeURIComponent(pathname)}`);
    const { refuse } = state;
    if (refuse?.on.test(pathname)) return response.writeHead(refuse.status, refuse.headers).end("no");

    if (/^\/api\/models\/owner\/\w+\/revision\/main$/.test(pathname)) {
      return sendJson(response, {
        _id: "1",
        id: "owner/tiny",
        sha: state.commit,
        lastModified: "2024-01-01T00:00:00Z",
      });
    }
    if (pathname === `/api/models/owner/tiny/tree/${state.commit}`) {
      // Two pages, as long lists have.
      const entries = Object.entries(state.files).map(([path, bytes]) => entryOf(path, bytes));
      const half = entries.length >> 1;
      if (searchParams.has("cursor")) return sendJson(response, entries.slice(half));
      const next = `${state.endpoint}${request.url}&cursor=2`;
      return sendJson(response, [{ type: "directory", path: "unet", size: 0, oid: "0" }, ...entries.slice(0, half)], {
        Link: `<${next}>; rel="next"`,
      });
    }
    const prefix = `/owner/tiny/resolve/${state.commit}/`;
    const path = decodeURIComponent(pathname.slice(prefix.length));
    const bytes = state.files[path];
    if (!pathname.startsWith(prefix) || !bytes)
      return response.writeHead(404, { "X-Error-Code": "EntryNotFound" }).end();
    const headers = { "X-Repo-Commit": state.commit, ETag: `"${gitSha1(bytes)}"` };
    if (!isLfs(path)) return response.writeHead(200, headers).end(state.corrupt ? corrupted(bytes) : bytes);
    const linked = { "X-Linked-Etag": `"${sha256(bytes)}"`, "X-Linked-Size": bytes.length };
    return response
      .writeHead(302, { ...headers, ...linked, Location: `${storage}/${sha256(bytes)}?signature=x` })
      .end();
  });
  return state;
}

function entryOf(path: string, bytes: Buffer): object {
  const lfs = isLfs(path) ? { lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 } } : {};
  return { type: "file", path, size: bytes.length, oid: gitSha1(bytes), ...lfs };
}

function sendJson(response: ServerResponse, value: unknown, headers = {}): void {
  response.writeHead(200, { "Content-Type": "application/json", ...headers }).end(JSON.stringify(value));
}

function sendLarge(state: Hub, request: IncomingMessage, response: ServerResponse, whole: Buffer): void {
  state.ranges.push(request.headers.range);
  const bytes = state.corrupt ? corrupted(whole) : whole;
  const start = state.ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "bytes=0-")![1]);
  const body = bytes.subarray(start);
  const range = { "Content-Range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
  const partial = request.headers.range !== undefined && !state.ignoreRange;
  response.writeHead(partial ? 206 : 200, { "Content-Length": body.length, ...(partial && range) });
  const cut = state.cutAfter.shift();
  if (cut !== undefined) response.write(body.subarray(0, cut), () => setTimeout(() => response.destroy(), 50));
  else if (state.stallAfter < body.length) response.write(body.subarray(0, state.stallAfter));
  else response.end(body);
}

function corrupted(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length >> 1] ^= 1;
  return copy;
}

async function listen(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
