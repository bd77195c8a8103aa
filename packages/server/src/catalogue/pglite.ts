// PGlite: Postgres as WebAssembly, its files in a folder. One process at a time may have it open.

import { createRequire } from "node:module";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { disk, pathExists, writeFileAtomic } from "@noisette/core/platform/node";
import type { Database } from "./database.ts";
import type { ThreadReply, ThreadRequest } from "./pglite-thread.ts";
import { textOf } from "./sql.ts";

/**
 * The database in `folder`/catalogue, made where there is none. A commit is in the file system before its query
 * resolves: a killed process loses nothing. Throws Error when the files cannot be read.
 */
export async function openPglite(folder: string): Promise<Database> {
  const path = join(folder, "catalogue");
  // Making the files takes seconds. What a process left that was killed meanwhile holds nothing yet.
  const mark = join(folder, "catalogue.complete");
  if (!(await pathExists(mark))) await rm(path, { recursive: true, force: true });
  await disk!.makeFolder(folder);

  const thread = startThread(path);
  const waiting = new Map<number, { resolve: (rows: never[]) => void; reject: (error: Error) => void }>();
  let nextId = 0;
  let gone: Error | undefined;
  const fail = (error: Error) => {
    gone ??= new Error(`Cannot use the catalogue: ${error.message}`, { cause: error });
    for (const { reject } of waiting.values()) reject(gone);
    waiting.clear();
  };
  thread.on("error", fail);
  thread.on("exit", (code) => fail(new Error(`its thread ended (exit code ${code})`)));
  thread.on("message", (reply: ThreadReply) => {
    const request = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) thread.unref();
    if ("rows" in reply) request?.resolve(reply.rows as never[]);
    else request?.reject(Object.assign(new Error(reply.error.message), { code: reply.error.code }));
  });
  const answer = (id: number) =>
    new Promise<never[]>((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      thread.ref();
    });
  const ask = (kind: ThreadRequest["kind"], text = "", values: readonly unknown[] = []): Promise<never[]> => {
    if (gone !== undefined) return Promise.reject(gone);
    const id = nextId++;
    const answered = answer(id);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
    thread.postMessage({ id, kind, text, values } satisfies ThreadRequest);
    return answered;
  };

  await answer(-1).catch((cause: Error) => {
    throw new Error(
      `Cannot open the catalogue in "${path}": ${cause.message} (a folder that noisette made, whole, is wanted)`,
      { cause },
    );
  });
  await writeFileAtomic(mark, []);
  return {
    query: (statement) => ask("query", textOf(statement), statement.values),
    run: async (script) => void (await ask("run", script)),
    async close() {
      await ask("close");
      await thread.terminate();
    },
  };
}

/** Threads do not inherit the loader that runs TypeScript from source: there it is registered first. */
function startThread(dataDir: string): Worker {
  const source = import.meta.url;
  const extension = source.slice(source.lastIndexOf("."));
  const program = new URL(`./pglite-thread${extension}`, source);
  if (extension !== ".ts") return new Worker(program, { workerData: dataDir });
  const tsx = pathToFileURL(createRequire(source).resolve("tsx/package.json"));
  const loader = new URL("./dist/esm/api/index.mjs", tsx);
  const script = `import(${JSON.stringify(loader)}).then(({ register }) => (register(), import(${JSON.stringify(program)})));`;
  return new Worker(script, { eval: true, execArgv: [], workerData: dataDir });
}
