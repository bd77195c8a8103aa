import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { modelHash } from "./model-hash.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "noisette-hash-"));
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex").slice(0, 10);

test("modelHash() is the SHA-256 of all files in order", async () => {
  const paths = ["a", "b"].map((name) => join(folder, name));
  for (const path of paths) writeFileSync(path, path);
  expect(await modelHash(paths)).toBe(sha256(paths.join("")));
});

test("modelHash() keeps the answer until the file changes", async () => {
  const path = join(folder, "model");
  writeFileSync(path, "one");
  utimesSync(path, 1000, 1000);
  expect(await modelHash([path])).toBe(sha256("one"));
  expect(readdirSync(join(folder, "cache/noisette/model-hashes"))).toHaveLength(1);
  // Same size and time: taken for the same file.
  writeFileSync(path, "two");
  utimesSync(path, 1000, 1000);
  expect(await modelHash([path])).toBe(sha256("one"));
  utimesSync(path, 2000, 2000);
  expect(await modelHash([path])).toBe(sha256("two"));
});

test("modelHash() answers where nothing can be kept", async () => {
  const path = join(folder, "model");
  writeFileSync(path, "one");
  writeFileSync(join(folder, "cache"), "a file where the folder should be");
  expect(await modelHash([path])).toBe(sha256("one"));
});
