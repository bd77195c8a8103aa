// The thread that PGlite runs in: WebAssembly works without a pause, and the server's own thread has streams to serve.

import { PGlite } from "@electric-sql/pglite";
import { parentPort, workerData } from "node:worker_threads";

/** What the thread is asked. */
export interface ThreadRequest {
  readonly id: number;
  readonly kind: "query" | "run" | "close";
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What it answers. */
export type ThreadReply =
  | { readonly id: number; readonly rows: unknown[] }
  | { readonly id: number; readonly error: { readonly message: string; readonly code?: string } };

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
const send = (reply: ThreadReply): void => parentPort!.postMessage(reply);

const opening = PGlite.create({ dataDir: workerData as string });
opening.then(
  () => send({ id: -1, rows: [] }),
  (error: Error) => send({ id: -1, error: { message: error.message } }),
);

parentPort!.on("message", async ({ id, kind, text, values }: ThreadRequest) => {
  try {
    const db = await opening;
    const rows = kind === "query" ? (await db.query(text, [...values])).rows : [];
    if (kind === "run") await db.exec(`begin; ${text}; commit;`);
    if (kind === "close") await db.close();
    send({ id, rows });
  } catch (error) {
    if (kind === "run") await (await opening).exec("rollback").catch(() => undefined);
    const { message, code } = error as Error & { code?: string };
    send({ id, error: { message, code } });
  }
});
