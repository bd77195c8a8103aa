// Vitest's results as three numbers, and why tests were skipped.

import type { TestModule } from "vitest/node";

/** How many tests passed, failed and were skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Returns the counts over all test files. A file that could not be loaded, a failing hook of a suite and an
 * error outside any test each count as one failure: none of them may hide behind tests that passed.
 */
export function countResults(modules: readonly TestModule[], unhandledErrors: number): Counts {
  let [passed, failed, skipped] = [0, unhandledErrors, 0];
  for (const module of modules) {
    failed += module.errors().length;
    for (const suite of module.children.allSuites()) failed += suite.errors().length;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed") passed += 1;
      else if (state === "failed") failed += 1;
      else skipped += 1;
    }
  }
  return { passed, failed, skipped };
}

/** Returns one line for every reason given to `context.skip(reason)`; a test skipped without one is its own line. */
export function skipReasons(modules: readonly TestModule[]): string[] {
  const counts = new Map<string, number>();
  for (const module of modules) {
    for (const test of module.children.allTests("skipped")) {
      const result = test.result();
      const note = result.state === "skipped" ? result.note : undefined;
      const reason = note ?? `${module.relativeModuleId}: ${test.fullName}`;
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
  }
  return [...counts].map(([reason, count]) => `skipped: ${reason}${count > 1 ? ` (${count} tests)` : ""}`);
}

/** Returns the closing line of a test run: "12 passed, 0 failed, 1 skipped". */
export function formatCounts({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}
