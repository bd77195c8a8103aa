// ONNX Runtime in Node: one engine is one child process. `session.run` blocks its thread until the network is done, and
// native code can crash or leak; a process is the cure for all three.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { realpath } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import type { LoweringOptions } from "../graph/to-onnx.ts";
import type { StoredTensor } from "../tensor/stored.ts";
import type { Device, Engine } from "./engine.ts";
import { connect } from "./remote.ts";
import type { Connection, ConnectOptions } from "./remote.ts";

/** Devices to try, best first, when none is named. */
export const devices: readonly Device[] = ["webgpu", "cpu"];

/** An engine process on `device`. Throws Error when the device cannot be opened. */
export const openOn = (options: ConnectOptions): Promise<Engine> => connect(startProcess(), options);

function startProcess(): Connection {
  const source = fileURLToPath(import.meta.url);
  const extension = source.slice(source.lastIndexOf("."));
  const program = fileURLToPath(new URL(`./ort-node-process${extension}`, import.meta.url));
  // From source, the child needs the TypeScript loader that we have.
  const execArgv =
    extension === ".ts"
      ? [
          "--conditions=source",
          "--import",
          import.meta.resolve?.("tsx/esm") ?? createRequire(source).resolve("tsx/esm"),
        ]
      : [];
  const child = fork(program, [], {
    execArgv,
    serialization: "advanced",
    stdio: ["ignore", "inherit", "pipe", "ipc"],
  });
  // Native libraries and GPU drivers chatter there; only what a dying process said last is worth telling.
  let lastWords = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (lastWords = (lastWords + text).slice(-2000)));
  (child.stderr as Socket).unref();
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`the engine process did not start: ${error.message}`));
    child.once("exit", (code, signal) => {
      process.off("exit", kill);
      resolve(reasonOf(code, signal, lastWords));
    });
  });
  hold(child, false);

  return {
    send(message) {
      child.send(message, (error) => {
        if (error !== null) kill();
      });
    },
    onMessage: (handle) => void child.on("message", handle as (message: unknown) => void),
    onClose: (handle) => void ended.then(handle),
    async close() {
      kill();
      hold(child, true);
      await ended;
    },
    hold: (busy) => hold(child, busy),
    place,
  };
}

/** While work is in flight the child keeps this program alive; while idle it does not. */
function hold(child: ChildProcess, busy: boolean): void {
  if (busy) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}

function reasonOf(code: number | null, signal: NodeJS.Signals | null, lastWords: string): string {
  if (signal === "SIGKILL") return "the engine process was killed (out of memory is the usual reason)";
  return `the engine process ended ${signal === null ? `with exit code ${code}` : `by ${signal}`} (a crash of native code)${lastWords.trim() === "" ? "" : `; its last words: ${lastWords.trim()}`}`;
}

/** ONNX Runtime wants one folder and locations inside it; links are resolved first, since it refuses to follow them out. */
async function place(tensors: readonly StoredTensor[]): ReturnType<Connection["place"]> {
  const files = [...new Set(tensors.map(({ file }) => file))];
  const real = new Map(await Promise.all(files.map(async (file) => [file, await realpath(resolve(file))] as const)));
  let folder = "";
  for (const path of real.values()) {
    folder ||= dirname(path);
    while (!path.startsWith(folder.endsWith(sep) ? folder : folder + sep)) {
      if (dirname(folder) === folder)
        throw new Error(`Cannot load "${path}": it is not on the drive "${folder}" of the other files`);
      folder = dirname(folder);
    }
  }
  const locate: LoweringOptions["locate"] = ({ file, offset }) => ({
    location: relative(folder, real.get(file)!).split(sep).join("/"),
    offset,
  });
  return { weights: { folder }, locate };
}
