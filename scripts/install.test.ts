import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
// @ts-expect-error plain JavaScript without declarations: it has to run before anything is installed
import { ensureInstalled, installFingerprint, isInstalled, nodeProblem } from "./install.mjs";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "noisette-install-"));
  mkdirSync(join(root, "packages", "one"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{ "name": "empty", "private": true, "workspaces": ["packages/*"] }');
  writeFileSync(join(root, "packages", "one", "package.json"), '{ "name": "one", "version": "1.0.0" }');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("nodeProblem()", () => {
  it("nodeProblem() says which Node is wanted when the running one is older", () => {
    expect(nodeProblem("18.20.4", ">=20.19")).toBe(
      "Cannot start Noisette: this is Node 18.20.4 (Node 20.19 or newer is wanted)",
    );
    expect(nodeProblem("20.18.3", ">=20.19")).toBeDefined();
  });

  it("nodeProblem() finds nothing when Node is new enough", () => {
    for (const version of ["20.19.0", "20.20.2", "22.0.0", "26.1.0"])
      expect(nodeProblem(version, ">=20.19")).toBeUndefined();
  });
});

describe("installFingerprint()", () => {
  it.each(["package.json", "package-lock.json", ".npmrc", "packages/one/package.json"])(
    "installFingerprint() changes when %s does",
    (path) => {
      const before = installFingerprint(root);
      writeFileSync(join(root, path), '{ "name": "other" }');
      expect(installFingerprint(root)).not.toBe(before);
    },
  );

  it("installFingerprint() stays when only source files change", () => {
    const before = installFingerprint(root);
    writeFileSync(join(root, "packages", "one", "index.ts"), "");
    expect(installFingerprint(root)).toBe(before);
  });
});

describe("ensureInstalled()", () => {
  it("ensureInstalled() runs npm once when called twice, and again after a manifest changed", () => {
    const said: string[] = [];
    const install = () => ensureInstalled(root, (line: string) => said.push(line)).installed;
    expect(isInstalled(root)).toBe(false);
    expect([install(), install()]).toEqual([true, false]);
    expect(isInstalled(root)).toBe(true);
    writeFileSync(join(root, "packages", "one", "package.json"), '{ "name": "one", "version": "1.0.1" }');
    expect([install(), install()]).toEqual([true, false]);
    expect(said).toEqual(["Installing (first start only) …", "Installing (dependencies changed) …"]);
    expect(JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages["packages/one"].version).toBe(
      "1.0.1",
    );
  });

  it("ensureInstalled() shows npm's output and leaves no stamp when npm fails", () => {
    writeFileSync(join(root, "package.json"), '{ "name": "broken", "dependencies": { "x": "nonsense:1" } }');
    expect(() => ensureInstalled(root, () => {})).toThrow(
      /npm error[^]*Cannot install the dependencies: npm exited with status 1/,
    );
    expect(isInstalled(root)).toBe(false);
  });
});
