// ONNX Runtime in browsers: one engine is one worker that runs onnxruntime-web (WebGPU, or WebAssembly on the CPU).

import { openFile } from "#platform";
import type { LoweringOptions } from "../graph/to-onnx.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import { byteRuns } from "./byte-runs.ts";
import type { Device, Engine } from "./engine.ts";
import type { ReplyMessage, RequestMessage } from "./protocol.ts";
import { connect } from "./remote.ts";
import type { Connection, ConnectOptions } from "./remote.ts";

/** Devices to try, best first, when none is named. */
export const devices: readonly Device[] = ["webgpu", "wasm"];

let wasm: ConnectOptions["wasm"];

/** Says where ONNX Runtime's .wasm files are served: a folder's URL. Else they are looked for beside the worker's script. */
export function setWasmFolder(url: string): void {
  wasm = new URL(url.endsWith("/") ? url : `${url}/`, location.href).href;
}

/** Says where the one .wasm file is that this build of ONNX Runtime loads: its URL, which may be a blob's. */
export function setWasmFile(url: string): void {
  wasm = { wasm: new URL(url, location.href).href };
}

/** An engine worker on `device`. Throws Error when the device cannot be opened. */
export const openOn = (options: ConnectOptions): Promise<Engine> => connect(startWorker(), { wasm, ...options });

function startWorker(): Connection {
  // Bundlers find workers by this very expression, and the TypeScript file by its compiled name.
  const worker = new Worker(new URL("./ort-web-worker.js", import.meta.url), { type: "module" });
  let close: (reason: string) => void;
  const ended = new Promise<string>((resolve) => {
    close = resolve;
    worker.addEventListener("error", (event) =>
      resolve(`the engine worker stopped: ${event.message ?? "its script did not load"}`),
    );
  });
  return {
    // Weights are handed over, not copied.
    send: (message) => worker.postMessage(message, buffersOf(message)),
    onMessage: (handle) => worker.addEventListener("message", ({ data }) => handle(data as ReplyMessage)),
    onClose: (handle) => void ended.then(handle),
    async close() {
      worker.terminate();
      close("the engine is closed");
    },
    place,
  };
}

const buffersOf = (message: RequestMessage): ArrayBuffer[] =>
  message.kind === "load" ? (message.weights.files ?? []).map(({ data }) => data.buffer as ArrayBuffer) : [];

/** The browser's build has no files: it is given the bytes that the network uses, run by run. */
async function place(tensors: readonly StoredTensor[]): ReturnType<Connection["place"]> {
  const runs = byteRuns(tensors);
  const files: { path: string; data: Uint8Array }[] = [];
  for (const { name, file, start, end } of runs) {
    const source = await openFile(file);
    files.push({ path: name, data: await source.read(start, end - start) });
    await source.close();
  }
  const locate: LoweringOptions["locate"] = ({ file, offset, byteLength }) => {
    const run = runs.find((run) => run.file === file && run.start <= offset && offset + byteLength <= run.end)!;
    return { location: run.name, offset: offset - run.start };
  };
  return { weights: { files }, locate };
}
