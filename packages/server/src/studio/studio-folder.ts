// The built studio: in the published package as it came, in a checkout built when it is first asked for and whenever its
// source is newer (Vite is there, and takes two seconds).

import { existsSync } from "node:fs";
import { readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const built = at("../../dist/studio");
const config = at("../../../../apps/studio/vite.config.ts");
/** What the page is made of. */
const sources = [
  "../../../../apps/studio/src",
  "../../../../apps/studio/index.html",
  "../../../../apps/studio/vite.config.ts",
  "../../../../apps/studio/bundled-model.ts",
  "../../../sticker/model_index.json",
  "../../../core/src",
  "../client.ts",
  "../watch.ts",
].map(at);

/** The folder of the built page. Throws Error where it is not built and cannot be. */
export async function studioFolder(): Promise<string> {
  const builtAt = await timeOf(join(built, "index.html"));
  if (!existsSync(config)) {
    if (builtAt > 0) return built;
    throw new Error(
      "Cannot show the studio: it is not in this package (a checkout, or the published package, is wanted)",
    );
  }
  if (builtAt < Math.max(...(await Promise.all(sources.map(newest))))) await build();
  return built;
}

/** Builds beside the folder and changes the two in the end: who reads it meanwhile reads something whole. */
async function build(): Promise<void> {
  const fresh = `${built}-${process.pid}`;
  const { build } = await import("vite");
  await build({ configFile: config, logLevel: "error", build: { outDir: fresh } });
  await rm(built, { recursive: true, force: true });
  // Another process may have been faster: its folder is as good.
  await rename(fresh, built).catch(() => rm(fresh, { recursive: true, force: true }));
}

async function newest(path: string): Promise<number> {
  const own = await timeOf(path);
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  const kept = entries.filter((entry) => entry.isDirectory() || !/\.test\.tsx?$/.test(entry.name));
  const inside = await Promise.all(
    kept.map((entry) => (entry.isDirectory() ? newest(join(path, entry.name)) : timeOf(join(path, entry.name)))),
  );
  return Math.max(entries.length === 0 ? own : 0, ...inside);
}

/** When the file was last written; 0 where there is none. */
const timeOf = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0;
