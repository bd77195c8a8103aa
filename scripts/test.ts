// `npm test`: the checks, then vitest, then one closing line with the counts of both.
// With arguments (`npm test -- packages/core/src/graph -t "cast"`) only the tests that vitest selects by them run.

import { parseCLI, startVitest } from "vitest/node";
import { runChecks } from "./check.ts";
import { countResults, formatCounts, skipReasons } from "./count-results.ts";

const args = process.argv.slice(2);
const checked = args.length === 0 ? runChecks() : { passed: 0, failed: 0 };

const { filter, options } = parseCLI(["vitest", "run", ...args]);
const vitest = await startVitest("test", filter, { ...options, watch: false });
const modules = vitest.state.getTestModules();
const tested = countResults(modules, vitest.state.getUnhandledErrors().length);
await vitest.close();

for (const line of skipReasons(modules)) console.log(line);
const failed = checked.failed + tested.failed;
console.log(formatCounts({ passed: checked.passed + tested.passed, failed, skipped: tested.skipped }));

// Vitest sets an exit code of its own when no file matches; what it held against the run is kept.
process.exit(failed > 0 ? 1 : (process.exitCode ?? 0));
