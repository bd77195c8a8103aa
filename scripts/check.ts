// `npm run check`: everything that is known to be wrong without running the code. `npm test` counts each as one test.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { checkDocs } from "./check-docs.ts";
import { checkLayers } from "./check-layers.ts";
import { checkLinks } from "./check-links.ts";
import { checkWords } from "./check-words.ts";
import { readSourceFiles, repositoryRoot, type SourceFile } from "./source-files.ts";

/** One check: a name, and a function from the repository's files to findings (none when all is well). */
export interface Check {
  readonly name: string;
  readonly run: (files: readonly SourceFile[]) => string[];
}

/** Every check, the quick ones first. */
export const checks: readonly Check[] = [
  { name: "layers", run: checkLayers },
  { name: "doc comments", run: checkDocs },
  { name: "words and names", run: checkWords },
  { name: "links", run: (files) => checkLinks(files, (path) => existsSync(join(repositoryRoot, path))) },
  { name: "types", run: () => runTool("typescript", "tsc", ["--noEmit", "--pretty", "false", "-p", "tsconfig.json"]) },
  { name: "lint", run: () => runTool("oxlint", "oxlint", ["--deny-warnings", "--format", "unix"]) },
  {
    name: "format",
    run: () => runTool("oxfmt", "oxfmt", ["--list-different", "."], "is not formatted (npm run format)"),
  },
];

/** Runs all checks, prints one line each and the findings below, and returns how many passed and failed. */
export function runChecks(): { passed: number; failed: number } {
  const files = readSourceFiles();
  const failed = checks.filter((check) => {
    const findings = run(check, files);
    console.log(findings.length === 0 ? `✓ ${check.name}` : `✗ ${check.name}: ${findings.length} findings`);
    for (const finding of findings) console.log(`    ${finding}`);
    return findings.length > 0;
  }).length;
  return { passed: checks.length - failed, failed };
}

/** A check that cannot finish (a file that does not parse, a tool that does not start) has found something too. */
function run(check: Check, files: readonly SourceFile[]): string[] {
  try {
    return check.run(files);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** Runs a package's own command with this Node and returns its output lines as findings when it fails. */
function runTool(packageName: string, command: string, args: readonly string[], suffix = ""): string[] {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { bin } = createRequire(import.meta.url)(manifest) as { bin: Record<string, string> };
  const result = spawnSync(process.execPath, [join(dirname(manifest), bin[command]), ...args], {
    cwd: repositoryRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 << 20,
  });
  if (result.error !== undefined) throw result.error;
  if (result.status === 0) return [];
  const lines = `${result.stdout}${result.stderr}`.split("\n").filter((line) => line.trim() !== "");
  return lines.length === 0
    ? [`${command} exited with status ${result.status}`]
    : lines.map((line) => `${line} ${suffix}`.trim());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = runChecks().failed === 0 ? 0 : 1;
}
