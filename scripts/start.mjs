// `npm start -- "a prompt" [flags]`: the command from source, on a fresh clone with nothing but Node.
// Installs when needed, then runs packages/cli/src/noisette.ts in the folder the user stands in. There is no build.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureInstalled, nodeProblem } from "./install.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const problem = nodeProblem(process.versions.node, engines.node);
if (problem !== undefined) fail(problem);

try {
  ensureInstalled(root, (line) => process.stderr.write(`${line}\n`));
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

// npm runs scripts in the repository's root and keeps the user's folder in INIT_CWD: relative paths are meant from there.
const cwd = process.env.npm_lifecycle_event === "start" ? (process.env.INIT_CWD ?? process.cwd()) : process.cwd();

// tsx by its address, not its name: from the user's folder the name would not be found; nor is a tsconfig there ours.
const child = spawn(
  process.execPath,
  [
    "--conditions=source",
    "--import",
    import.meta.resolve("tsx/esm"),
    join(root, "packages/cli/src/noisette.ts"),
    ...process.argv.slice(2),
  ],
  { cwd, stdio: "inherit", env: { ...process.env, TSX_TSCONFIG_PATH: join(root, "tsconfig.json") } },
);

// The command decides what a signal means (finish the step, remove partial files); we only outlive it. A Ctrl-C in a
// terminal reaches the whole process group, so passing it on as well would count twice.
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
  process.on(signal, () => {
    if (signal !== "SIGINT" || !process.stdin.isTTY) child.kill(signal);
  });
}

child.on("error", (error) => fail(`Cannot start Noisette: ${error.message}`));
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));

/**
 * Tells the person why and ends.
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
