// The checkpoints on this machine: in the Hub's cache and in folders of the user's own.

import type { Dirent } from "node:fs";
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { inspectCheckpoint } from "@noisette/core/checkpoints/inspect";

/** A checkpoint that was found. */
export interface FoundCheckpoint {
  /** What to write after --model. */
  readonly name: string;
  readonly path: string;
  /** Undefined where the files are not all there or cannot be read; `problem` says why. */
  readonly family: string | undefined;
  /** What it is made for: text-to-image, inpainting, … */
  readonly task: string | undefined;
  readonly problem: string | undefined;
  /** On disk, what several names share counted once. */
  readonly sizeBytes: number;
}

const weightsFile = /\.(safetensors|ckpt)$/i;

/** Checkpoints in and below `folder`: diffusers folders, and single files that hold a whole model. Empty without the folder. */
export async function findInFolder(folder: string): Promise<FoundCheckpoint[]> {
  if (weightsFile.test(folder)) return [await describe(folder, folder)].filter((found) => found !== undefined);
  const entries = await list(folder);
  if (entries.some(({ name }) => name === "model_index.json"))
    return [await describe(folder, folder)].filter((found) => found !== undefined);
  const found = await Promise.all(
    entries.map(async (entry): Promise<(FoundCheckpoint | undefined)[]> => {
      const path = join(folder, entry.name);
      if (weightsFile.test(entry.name)) return [await describe(path, path)];
      return entry.isDirectory() ? findInFolder(path) : [];
    }),
  );
  return found.flat().filter((one) => one !== undefined);
}

/** Checkpoints in the Hub's cache, each under its id; `@revision` follows where that is not main. */
export async function findInHubCache(cacheFolder: string): Promise<FoundCheckpoint[]> {
  const repositories = (await list(cacheFolder)).filter(({ name }) => name.startsWith("models--"));
  const found = await Promise.all(
    repositories.map(async ({ name }) => {
      const id = name.split("--").slice(1).join("/");
      const folder = join(cacheFolder, name);
      const revisions = await readRevisions(folder);
      const commits = await list(join(folder, "snapshots"));
      return Promise.all(
        commits.map((commit) =>
          findInSnapshot(id, {
            folder: join(folder, "snapshots", commit.name),
            revision: revisions.get(commit.name) ?? commit.name,
          }),
        ),
      );
    }),
  );
  return found.flat(2);
}

async function findInSnapshot(
  id: string,
  { folder, revision }: { folder: string; revision: string },
): Promise<FoundCheckpoint[]> {
  const found = await findInFolder(folder);
  const suffix = revision === "main" ? "" : `@${revision}`;
  return found.map((one) => ({ ...one, name: `${id}${one.path.slice(folder.length).replaceAll("\\", "/")}${suffix}` }));
}

/** Branches and tags by commit; "main" where several name one. */
async function readRevisions(repository: string): Promise<Map<string, string>> {
  const refs = join(repository, "refs");
  const names = (await readdir(refs, { recursive: true, withFileTypes: true }).catch((): Dirent[] => [])).filter(
    (entry) => entry.isFile(),
  );
  const paths = names.map((entry) =>
    join(entry.parentPath, entry.name)
      .slice(refs.length + 1)
      .replaceAll("\\", "/"),
  );
  const commits = await Promise.all(
    paths.map(async (path) => [(await readFile(join(refs, path), "utf8")).trim(), path] as const),
  );
  return new Map(commits.toSorted(([, a], [, b]) => Number(a === "main") - Number(b === "main")));
}

/** Undefined for weights that are no checkpoint: adapters, autoencoders, parts. */
async function describe(path: string, name: string): Promise<FoundCheckpoint | undefined> {
  const sizeBytes = await sizeOnDisk(path);
  try {
    const { model, kind, problem } = await inspectCheckpoint(path);
    if (model === undefined && problem === undefined) return undefined;
    const missing = Object.values(model?.networks ?? {}).reduce((sum, network) => sum + network.missing.length, 0);
    return {
      name,
      path,
      sizeBytes,
      family: model?.family,
      task: model?.task,
      problem: missing > 0 ? `${missing} tensors are missing` : (problem ?? (model ? undefined : kind)),
    };
  } catch (error) {
    return { name, path, sizeBytes, family: undefined, task: undefined, problem: (error as Error).message };
  }
}

/** Bytes of a file, or of all files below a folder. */
export async function sizeOnDisk(path: string): Promise<number> {
  const status = await stat(path).catch(() => undefined);
  if (status === undefined) return 0;
  if (!status.isDirectory()) return status.size;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => realpath(join(entry.parentPath, entry.name)).catch(() => undefined)),
  );
  const sizes = await Promise.all(
    [...new Set(files)].map(async (file) => (file === undefined ? 0 : (await stat(file)).size)),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A folder's entries by name; none without the folder. */
async function list(folder: string): Promise<Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((): Dirent[] => []);
  return entries
    .filter(({ name }) => !name.startsWith("."))
    .sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
}
