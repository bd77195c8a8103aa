import { spawn, spawnSync, type SpawnOptionsWithoutStdio } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript without declarations: it has to run before anything is installed
import { installFingerprint } from "./install.mjs";
import { repositoryRoot } from "./source-files.ts";

// A repository of three files that counts as installed; its command reports how it was called, then obeys.
const command = `
const how: { args: string[]; cwd: string; fromSource: boolean } = {
  args: process.argv.slice(2), cwd: process.cwd(), fromSource: process.execArgv.includes("--conditions=source"),
};
if (how.args[0] === "wait") {
  process.on("SIGTERM", () => process.exit(7));
  setInterval(() => {}, 1000);
} else process.exitCode = 3;
console.log(JSON.stringify(how)); // last, so that whoever reads it finds the handler in place
`;

let root = "";
let folder = "";
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "noisette-start-")));
  folder = realpathSync(mkdtempSync(join(tmpdir(), "noisette-user-")));
  for (const name of ["start.mjs", "install.mjs"])
    cpSync(join(repositoryRoot, "scripts", name), join(root, "scripts", name));
  mkdirSync(join(root, "packages/cli/src"), { recursive: true });
  mkdirSync(join(root, "node_modules"));
  symlinkSync(join(repositoryRoot, "node_modules/tsx"), join(root, "node_modules/tsx"));
  writeFileSync(join(root, "tsconfig.json"), "{}");
  writeFileSync(join(root, "packages/cli/src/noisette.ts"), command);
  writeManifest(">=20.19");
  writeFileSync(join(folder, "tsconfig.json"), "{ not JSON");
});
afterEach(() => {
  for (const path of [root, folder]) rmSync(path, { recursive: true, force: true });
});

function writeManifest(node: string): void {
  writeFileSync(
    join(root, "package.json"),
    JSON.stringify({ type: "module", scripts: { start: "node scripts/start.mjs" }, engines: { node } }),
  );
  writeFileSync(join(root, "node_modules/.noisette-installed"), installFingerprint(root));
}

const start = () => [join(root, "scripts/start.mjs")];
const options = (): SpawnOptionsWithoutStdio & { encoding: "utf8" } => ({ cwd: folder, encoding: "utf8" });

describe("start", () => {
  it("start passes arguments, folder and exit code when run by node", () => {
    const result = spawnSync(process.execPath, [...start(), "a red fox", "--seed", "7"], options());
    expect(result.stderr).toBe("");
    expect(JSON.parse(result.stdout)).toEqual({ args: ["a red fox", "--seed", "7"], cwd: folder, fromSource: true });
    expect(result.status).toBe(3);
  });

  it("start runs the command in the user's folder when npm changed to the repository", () => {
    const env = { ...process.env, INIT_CWD: folder, npm_lifecycle_event: "start" };
    const result = spawnSync(process.execPath, start(), { ...options(), cwd: root, env });
    expect(JSON.parse(result.stdout).cwd).toBe(folder);
  });

  it("start hands a signal to the command and takes over its exit code when it is told to stop", async () => {
    const child = spawn(process.execPath, [...start(), "wait"], options());
    await once(child.stdout, "data");
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([7, null]);
  });

  it("start refuses when Node is older than the manifest wants", () => {
    writeManifest(">=99.0");
    const result = spawnSync(process.execPath, start(), options());
    expect(result.stderr).toBe(
      `Cannot start Noisette: this is Node ${process.versions.node} (Node 99.0 or newer is wanted)\n`,
    );
    expect(result.status).toBe(1);
  });
});
