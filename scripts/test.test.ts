import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryRoot } from "./source-files.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "noisette-test-"));
  symlinkSync(join(repositoryRoot, "node_modules"), join(root, "node_modules"));
  mkdirSync(join(root, "tests"));
  writeFileSync(join(root, "vitest.config.ts"), 'export default { test: { include: ["tests/*.test.ts"] } };');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function runTests(files: Record<string, string>, ...args: string[]) {
  for (const [name, body] of Object.entries(files)) {
    writeFileSync(join(root, "tests", name), `import { beforeAll, describe, expect, it } from "vitest";\n${body}`);
  }
  const script = ["--conditions=source", "--import", "tsx/esm", "scripts/test.ts", "--root", root, ...args];
  const result = spawnSync(process.execPath, script, { cwd: repositoryRoot, encoding: "utf8" });
  return { status: result.status, lines: result.stdout.trimEnd().split("\n") };
}

const passing = 'it("a", () => expect(1).toBe(1));\nit("b", () => {});';
const skipping = [
  'it("a", ({ skip }) => skip("no GPU"));',
  'it("b", ({ skip }) => skip("no GPU"));',
  'it.skip("c", () => {});',
].join("\n");

describe("npm test", () => {
  it("npm test ends with the counts and the reasons of skipped tests when nothing fails", () => {
    const { status, lines } = runTests({ "a.test.ts": passing, "b.test.ts": skipping });
    expect(lines.slice(-3)).toEqual([
      "skipped: no GPU (2 tests)",
      "skipped: tests/b.test.ts: c",
      "2 passed, 0 failed, 3 skipped",
    ]);
    expect(status).toBe(0);
  });

  it("npm test counts a failing test, hook, file and stray error once each when all four happen", () => {
    const { status, lines } = runTests({
      "a.test.ts": passing,
      "test.test.ts": 'it("a", () => expect(1).toBe(2));',
      "hook.test.ts": 'describe("x", () => { beforeAll(() => { throw new Error("hook"); }); it("a", () => {}); });',
      "file.test.ts": 'import "./nowhere.ts";',
      "stray.test.ts": 'it("a", () => { void Promise.reject(new Error("stray")); });',
    });
    expect(lines.at(-1)).toBe("3 passed, 4 failed, 1 skipped");
    expect(status).toBe(1);
  });

  it("npm test fails when no test matches its arguments", () => {
    const { status, lines } = runTests({ "a.test.ts": passing }, "nothing-is-called-so");
    expect(lines.at(-1)).toBe("0 passed, 0 failed, 0 skipped");
    expect(status).toBe(1);
  });
});
