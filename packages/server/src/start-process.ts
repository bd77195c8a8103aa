// Programs of ours in processes of their own, from source as from the build.

import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** Starts the module beside `base` whose name without ending is `name`. */
export function startProcess(name: string, base: string): ChildProcess {
  const extension = base.slice(base.lastIndexOf("."));
  const program = fileURLToPath(new URL(`${name}${extension}`, base));
  // From source, the child needs the TypeScript loader that we have.
  const loader = () => pathToFileURL(createRequire(base).resolve("tsx/esm")).href;
  const execArgv = extension === ".ts" ? ["--conditions=source", "--import", loader()] : [];
  return fork(program, [], { execArgv, stdio: ["ignore", "inherit", "pipe", "ipc"] });
}
