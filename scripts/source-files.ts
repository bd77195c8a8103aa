// The repository's own files as data, so that every check is a pure function from files to findings.

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** Absolute path of the repository. */
export const repositoryRoot = fileURLToPath(new URL("..", import.meta.url));

/** One file: its path from the repository's root with forward slashes, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

const skippedFolders = new Set(["node_modules", "dist", "outputs", "coverage", ".git", ".cache"]);
/** What recipes make, at the root. */
const recipeFolders = new Set(["data", "runs"]);
const textExtensions = /\.(ts|tsx|mts|mjs|js|json|md|html|css|yml|yaml|txt)$|(^|\/)(run|LICENSE|NOTICE|\.[\w-]+)$/;

/**
 * Returns every text file below `root`, sorted by path; installed, built and generated folders are left out.
 * `packages/core/assets` and data files below `fixtures` are left out too: they are other people's text.
 */
export function readSourceFiles(root: string = repositoryRoot): SourceFile[] {
  return walk(root, new Set([...skippedFolders, ...recipeFolders]))
    .map((absolute) => relative(root, absolute).split(sep).join("/"))
    .filter((path) => textExtensions.test(path) && !isForeignData(path))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

/** Says whether the file is a test: vitest's own naming, `x.test.ts`, `x.backend.test.ts`, `x.browser.test.ts`. */
export function isTest(path: string): boolean {
  return /\.test\.[mc]?tsx?$/.test(path);
}

/** Says whether the file is TypeScript below some `packages/<name>/src`. */
export function isPackageSource(path: string): boolean {
  return /^packages\/[^/]+\/src\/.*\.tsx?$/.test(path);
}

/** Returns the 1-based line of a character offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

function isForeignData(path: string): boolean {
  return (path.startsWith("fixtures/") && !/\.(ts|md)$/.test(path)) || /^packages\/[^/]+\/assets\//.test(path);
}

function walk(folder: string, skipped: ReadonlySet<string> = skippedFolders): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : walk(join(folder, entry.name));
    return entry.isFile() ? [join(folder, entry.name)] : [];
  });
}
