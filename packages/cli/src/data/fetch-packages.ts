// npm packages as data: fetched once into a cache folder, at exact versions, none of their scripts run.

import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";

/** A package at one version. */
export interface PinnedPackage {
  readonly package: string;
  readonly version: string;
}

/** Where packages are kept when nothing else is said. */
export const packageCache = (): string =>
  join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "noisette", "packages");

/** Versions of `packages` that `nodeModules` has, by name; those it lacks are not in it. */
export async function installedVersions(
  nodeModules: string,
  packages: readonly PinnedPackage[],
): Promise<Map<string, string>> {
  const found = await Promise.all(
    packages.map(async ({ package: name }) => {
      const manifest = await readFile(join(nodeModules, name, "package.json"), "utf8").catch(() => undefined);
      return manifest === undefined ? undefined : ([name, JSON.parse(manifest).version as string] as const);
    }),
  );
  return new Map(found.filter((entry) => entry !== undefined));
}

/** Puts `packages` into `folder` unless they are there, and returns its node_modules. Throws with npm's own words. */
export async function fetchPackages(
  folder: string,
  packages: readonly PinnedPackage[],
  { signal, onFetch }: { readonly signal?: AbortSignal; readonly onFetch?: (missing: readonly string[]) => void } = {},
): Promise<string> {
  const nodeModules = join(folder, "node_modules");
  const installed = await installedVersions(nodeModules, packages);
  const missing = packages.filter(({ package: name, version }) => installed.get(name) !== version);
  if (missing.length === 0) return nodeModules;
  const specifiers = packages.map(({ package: name, version }) => `${name}@${version}`);
  onFetch?.(missing.map(({ package: name, version }) => `${name}@${version}`));
  await mkdir(folder, { recursive: true });
  // A manifest of its own, or npm would look for one in the folders above.
  await writeFile(join(folder, "package.json"), `${JSON.stringify({ private: true })}\n`);
  await npm(["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", ...specifiers], {
    folder,
    signal,
  });
  return nodeModules;
}

function npm(
  args: readonly string[],
  { folder, signal }: { readonly folder: string; readonly signal?: AbortSignal },
): Promise<void> {
  return new Promise((resolve, reject) => {
    // Windows starts npm through its shell only; every argument is a constant of ours.
    const child = spawn("npm", args, {
      cwd: folder,
      signal,
      stdio: ["ignore", "ignore", "pipe"],
      shell: process.platform === "win32",
    });
    let messages = "";
    child.stderr.on("data", (part) => (messages += part));
    child.on("error", (cause) => reject(new Error(`Cannot fetch packages: npm ${cause.message}`, { cause })));
    child.on("close", (status) => {
      if (status === 0) resolve();
      else
        reject(
          new Error(`Cannot fetch packages into "${folder}": ${npmErrors(messages) || `npm ended with ${status}`}`),
        );
    });
  });
}

/** What npm calls errors, without its warnings and the place of its log. */
const npmErrors = (messages: string): string =>
  messages
    .split("\n")
    .filter((line) => /^npm (error|ERR!)/.test(line) && !/complete log|debug-\d/.test(line))
    .map((line) => line.replace(/^npm (error|ERR!) ?/, ""))
    .filter(Boolean)
    .slice(0, 4)
    .join("; ");
