// Installing only when something changed: what `npm start` needs before the first line of TypeScript can run.
// Plain JavaScript and Node's own modules, because at this point nothing else is there.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Returns why this Node cannot run the project, or undefined when it can.
 * @param {string} version as in process.versions.node: "20.20.2"
 * @param {string} engines the manifest's engines.node, of the form ">=20.19"
 * @returns {string | undefined}
 */
export function nodeProblem(version, engines) {
  const numbers = (/** @type {string} */ text) => text.replace(/^>=/, "").split(".").map(Number);
  const [major, minor] = numbers(version);
  const [wantedMajor, wantedMinor = 0] = numbers(engines);
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return undefined;
  return `Cannot start Noisette: this is Node ${version} (Node ${wantedMajor}.${wantedMinor} or newer is wanted)`;
}

/**
 * Returns a fingerprint of everything that decides what belongs into node_modules: the manifests, the lock file,
 * npm's settings of the repository, and the platform whose native packages are chosen.
 * @param {string} root folder of the repository
 * @returns {string} 64 hexadecimal digits
 */
export function installFingerprint(root) {
  const packages = existsSync(join(root, "packages")) ? readdirSync(join(root, "packages")).sort() : [];
  const inputs = [
    "package.json",
    "package-lock.json",
    ".npmrc",
    ...packages.map((name) => `packages/${name}/package.json`),
  ];
  const hash = createHash("sha256");
  hash.update(`${process.platform} ${process.arch} ${process.versions.node.split(".")[0]}\n`);
  for (const path of inputs.filter((input) => existsSync(join(root, input)))) {
    hash
      .update(`${path}\n`)
      .update(readFileSync(join(root, path)))
      .update("\n");
  }
  return hash.digest("hex");
}

/**
 * Returns whether node_modules is what the fingerprint asks for: the stamp of the last finished install says so.
 * @param {string} root folder of the repository
 */
export function isInstalled(root) {
  const stamp = stampPath(root);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === installFingerprint(root);
}

/**
 * Runs `npm install` in `root` unless the last one still holds, then stamps it. npm's own output appears only when
 * it fails. The stamp is written last, so that an install that was broken off is done again.
 * @param {string} root folder of the repository
 * @param {(line: string) => void} say receives the one line that tells a person why they wait
 * @returns {{ installed: boolean }} whether npm ran
 * @throws {Error} with npm's output as its message when npm fails
 */
export function ensureInstalled(root, say) {
  if (isInstalled(root)) return { installed: false };
  say(existsSync(stampPath(root)) ? "Installing (dependencies changed) …" : "Installing (first start only) …");
  // Under `npm start`, npm_execpath is the npm that runs us; otherwise the one on the PATH (a .cmd file on Windows).
  const npm = process.env.npm_execpath;
  const args = ["install", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  const options = /** @type {const} */ ({
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
  });
  const result = npm?.endsWith(".js")
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync("npm", args, { ...options, shell: process.platform === "win32" });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ""}${result.stderr ?? ""}`.trim();
    const reason =
      result.error?.message ??
      (result.signal ? `npm was stopped by ${result.signal}` : `npm exited with status ${result.status}`);
    throw new Error(`${output}\nCannot install the dependencies: ${reason} (see npm's output above)`.trim());
  }
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(stampPath(root), installFingerprint(root));
  return { installed: true };
}

/** @param {string} root */
function stampPath(root) {
  return join(root, "node_modules", ".noisette-installed");
}
