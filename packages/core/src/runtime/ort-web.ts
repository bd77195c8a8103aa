// ONNX Runtime in browsers: one engine is one worker that runs onnxruntime-web (WebGPU, or WebAssembly on the CPU).

import { openFile } from "#platform";
import type { Device, Engine } from "./engine.ts";
import type { ReplyMessage } from "./protocol.ts";
import { connect } from "./remote.ts";
import type { Connection } from "./remote.ts";

/** Devices to try, best first, when none is named. */
export const devices: readonly Device[] = ["webgpu", "wasm"];

/** An engine worker on `device`. Throws Error when the device cannot be opened. */
export const openOn = (options: { device: Device; threads?: number; notice?: string }): Promise<Engine> =>
  connect(startWorker(), options);

function startWorker(): Connection {
  const worker = new Worker(new URL("./ort-web-worker.js", import.meta.url), { type: "module" });
  let close: (reason: string) => void;
  const ended = new Promise<string>((resolve) => {
    close = resolve;
    worker.addEventListener("error", (event) => resolve(`the engine worker stopped: ${event.message}`));
  });
  return {
    send: (message) => worker.postMessage(message),
    onMessage: (handle) => worker.addEventListener("message", ({ data }) => handle(data as ReplyMessage)),
    onClose: (handle) => void ended.then(handle),
    async close() {
      worker.terminate();
      close("the engine is closed");
    },
    place,
  };
}

/** The browser's build has no files: it is given the bytes of each, by name. */
async function place(files: readonly string[]): ReturnType<Connection["place"]> {
  const data = await Promise.all(
    files.map(async (path) => {
      const source = await openFile(path);
      const bytes = await source.read(0, source.size);
      await source.close();
      return { path, data: bytes };
    }),
  );
  return { weights: { files: data }, locate: (file) => file };
}
