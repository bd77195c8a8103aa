// Files in a bucket of S3 or of what speaks as it does (MinIO, Ceph, R2 …). A bucket and its keys stand in the path, which all of
// them understand.

import { createHash } from "node:crypto";
import { AwsClient } from "aws4fetch";
import { Away, shownAddress } from "../away.ts";
import type { FileStore } from "./file-store.ts";
import { checkStoreName } from "./store-name.ts";

/** Where the files are, and who asks. */
export interface S3Options {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** How long to ask again while the store is away, before Away is thrown: 20 seconds by default. */
  readonly patienceMs?: number;
}

interface Answer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

const requestMs = 60_000;

/**
 * The files at `address`: s3://bucket/prefix?endpoint=https://host&region=name; without an endpoint Amazon's. Throws Error when
 * the bucket cannot be listed as that says.
 */
export async function openS3Store(address: string, options: S3Options): Promise<FileStore> {
  const { hostname: bucket, pathname, searchParams } = new URL(address);
  const region = searchParams.get("region") ?? "us-east-1";
  const endpoint = (searchParams.get("endpoint") ?? `https://s3.${region}.amazonaws.com`).replace(/\/$/, "");
  const { patienceMs = 20_000, ...credentials } = options;
  const client = new AwsClient({ ...credentials, region, service: "s3", retries: 0 });
  const shown = shownAddress(address);
  const prefix = pathname.replaceAll(/^\/|\/$/g, "");
  const urlOf = (name: string): string => {
    checkStoreName(name);
    return `${endpoint}/${bucket}/${prefix && `${prefix}/`}${name}`;
  };

  async function ask(url: string, init: RequestInit, fine: readonly number[]): Promise<Answer> {
    const untilMs = performance.now() + patienceMs;
    for (let pauseMs = 50; ; pauseMs = Math.min(2 * pauseMs, 2000)) {
      const answer = await wholeAnswer(url, init).catch((error: Error) => error);
      if ("status" in answer && fine.includes(answer.status)) return answer;
      const reason = "status" in answer ? reasonOf(answer) : ((answer.cause as Error | undefined) ?? answer).message;
      const text = `Cannot ${init.method} a file of "${shown}": ${reason}`;
      const isBusy = !("status" in answer) || answer.status >= 500 || answer.status === 429;
      if (!isBusy) throw new Error(`${text} (keys that may read, write, delete and list are wanted)`);
      if (performance.now() > untilMs) throw new Away(`${text} (it is asked again later)`);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async function wholeAnswer(url: string, init: RequestInit): Promise<Answer> {
    const answer = await client.fetch(url, { ...init, signal: AbortSignal.timeout(requestMs) });
    return { status: answer.status, bytes: new Uint8Array(await answer.arrayBuffer()) };
  }

  await ask(
    `${endpoint}/${bucket}?${new URLSearchParams({ "list-type": "2", "max-keys": "1", prefix })}`,
    { method: "GET" },
    [200],
  ).catch((cause: Error) => {
    throw new Error(`Cannot open the pictures at "${shown}": ${cause.message}`, { cause });
  });
  return {
    async write(name, bytes) {
      // A store writes whole files only; the digest lets it refuse what was damaged on the way.
      const headers = {
        "content-type": typeOf(name),
        "x-amz-content-sha256": createHash("sha256").update(bytes).digest("hex"),
      };
      await ask(urlOf(name), { method: "PUT", headers, body: bytes.slice().buffer }, [200]);
    },
    async read(name) {
      const { status, bytes } = await ask(urlOf(name), { method: "GET" }, [200, 404]);
      return status === 200 ? bytes : undefined;
    },
    async has(name) {
      return (await ask(urlOf(name), { method: "HEAD" }, [200, 404])).status === 200;
    },
    async remove(name) {
      await ask(urlOf(name), { method: "DELETE" }, [200, 204, 404]);
    },
  };
}

const types: Readonly<Record<string, string>> = { png: "image/png", webp: "image/webp" };
const typeOf = (name: string): string => types[name.split(".").at(-1)!] ?? "application/octet-stream";

/** What the store says: its status, and the code and message of its XML. */
function reasonOf({ status, bytes }: Answer): string {
  const text = new TextDecoder().decode(bytes);
  const parts = ["Code", "Message"].map((tag) => new RegExp(`<${tag}>([^<]*)`).exec(text)?.[1]).filter(Boolean);
  return [`status ${status}`, ...parts].join(", ");
}
