// Models by name: a path of this machine, or a repository or file on the Hugging Face Hub, which is fetched once into
// the cache that Python's tools use too. The protocol's metadata side is @huggingface/hub's; what it lacks (continuing
// a broken download, progress, checksums, offline use, choosing files) is in the hub-*.ts files beside this one.

import { disk as machineDisk, joinPath, loadHubLibrary, pathExists } from "#platform";
import type { Disk } from "../platform/disk.ts";
import {
  formatTree,
  isCached,
  isCommit,
  parseTree,
  readRef,
  readTree,
  repositoryFolder,
  writeRef,
  writeTree,
  type HubFile,
  type HubTree,
} from "./hub-cache.ts";
import { HubError, explainDiskError } from "./hub-error.ts";
import { chooseFiles, isCheckpointName, listOf, parseModelIndex, type FileChoice } from "./hub-files.ts";
import { isRevision, parseHubReference, type HubReference } from "./hub-reference.ts";
import { hubFetch, withRetries, type HubSubject } from "./hub-request.ts";
import { expandHome, hubSettings, type HubSettings, type HubSettingsOptions } from "./hub-settings.ts";
import { fetchFiles, type HubProgress } from "./hub-snapshot.ts";

/** Options of `resolveModel`; see `HubSettingsOptions` for those that have an environment variable. */
export interface ResolveModelOptions extends HubSettingsOptions {
  /** Branch, tag or commit. */
  revision?: string;
  /** Wanted form of the weights ("fp16"); a component that has it not is taken in the form it has. */
  variant?: string;
  onProgress?: (progress: HubProgress) => void;
  /** Stops the download; what has arrived is kept to continue from. */
  signal?: AbortSignal;
}

/**
 * Returns the path of a model's folder or file on this machine. `idOrPath` is a path that exists, a Hub id
 * ("owner/name", "owner/name@revision", "owner/name/file.safetensors") or a Hub address; from the Hub only the files
 * the model needs are fetched, and only those not cached yet. Throws HubError, whose message says what to do.
 */
export async function resolveModel(idOrPath: string, options: ResolveModelOptions = {}): Promise<string> {
  if (!machineDisk) {
    // A page has no cache: what it opens are files that were mounted, and URLs.
    for (const path of [idOrPath, joinPath(idOrPath, modelIndexName)]) if (await pathExists(path)) return idOrPath;
    throw new Error(`Cannot find "${idOrPath}": a browser page has no model cache (mounted files or a URL are wanted)`);
  }
  const disk = machineDisk;
  options.signal?.throwIfAborted();
  const path = expandHome(idOrPath, disk);
  if (await disk.entry(path)) return path;

  const { HUB_URL } = await loadHubLibrary();
  const settings = await hubSettings(options, HUB_URL, disk);
  const reference = parseHubReference(idOrPath, [settings.endpoint, HUB_URL]);
  const revision = oneRevision(idOrPath, reference.revision, options.revision);
  const folder = repositoryFolder(settings.cacheFolder, reference.repository);
  const wish: Wish = { ...options, ...settings, ...reference, revision, folder, disk };
  try {
    return settings.offline ? await findCached(wish) : await fetchModel(wish);
  } catch (error) {
    throw explainDiskError(error, `"${idOrPath}"`, settings.cacheFolder);
  }
}

// What is wanted of whom, and where it goes.
interface Wish extends Omit<ResolveModelOptions, keyof HubSettings>, HubSettings, HubReference {
  readonly revision: string;
  /** The repository's folder in the cache. */
  readonly folder: string;
  readonly disk: Disk;
}

// The Hub's own default branch is "main".
function oneRevision(idOrPath: string, written: string | undefined, option = written ?? "main"): string {
  if (!isRevision(option) || (written !== undefined && written !== option)) {
    const wanted = written === undefined ? "a branch, tag or commit" : `only "${written}"`;
    throw new Error(`Cannot find "${idOrPath}": its revision is given as "${option}" (${wanted} is wanted)`);
  }
  return option;
}

const modelIndexName = "model_index.json";

async function fetchModel(wish: Wish): Promise<string> {
  const { folder, revision, disk } = wish;
  let commit: string;
  let tree: HubTree;
  try {
    commit = isCommit(revision) ? revision : await fetchCommit(wish);
    const known = await readTree(folder, commit, disk);
    if (!known && isCommit(revision)) {
      // A commit never changes: what an older tool cached of it will do, if it is just what is asked for.
      const cached = await chooseCached(wish, commit).catch(() => undefined);
      if (cached?.exact) return pathOf(wish, commit, cached.entry);
    }
    tree = known ?? (await fetchTree(wish, commit));
  } catch (error) {
    if (!(error instanceof HubError && error.code === "unreachable")) throw error;
    const path = await findCached(wish).catch(() => {
      throw error;
    });
    disk.warn(`${error.message}; using the cached "${path}"`);
    return path;
  }

  const snapshot = { subject: subjectOf(wish), commit, tree, cacheFolder: wish.cacheFolder, disk };
  if (wish.file === undefined && tree.has(modelIndexName)) await fetchFiles(snapshot, [modelIndexName]);
  const { files, entry } = await choose(wish, commit, [...tree.keys()]);
  await fetchFiles(snapshot, files, wish.onProgress);
  // Last, so that a broken download leaves the name with the commit that is whole.
  await writeRef(folder, revision, commit, disk);
  return pathOf(wish, commit, entry);
}

async function choose(wish: Wish, commit: string, paths: readonly string[]): Promise<FileChoice> {
  const { repository, file, variant, disk } = wish;
  if (file !== undefined) {
    if (paths.includes(file)) return { files: [file], entry: file, exact: true };
    const others = listOf(paths.filter((path) => isCheckpointName(path)));
    throw new HubError("missing", `Cannot find "${file}" in "${repository}@${wish.revision}": it holds ${others}`);
  }
  const index = await disk.readText(pathOf(wish, commit, modelIndexName));
  if (index === undefined && paths.includes(modelIndexName)) {
    throw new HubError("offline", `Cannot use "${repository}" offline: its ${modelIndexName} is not cached`);
  }
  const modelIndex = index === undefined ? undefined : parseModelIndex(index, `${repository}/${modelIndexName}`);
  return chooseFiles(paths, { repository, variant, modelIndex });
}

// ---- from the cache alone

// The model's path when all of it is cached. Throws HubError "offline" with what is not.
async function findCached(wish: Wish): Promise<string> {
  const { folder, repository, revision, disk } = wish;
  const notCached = (what: string) =>
    new HubError("offline", `Cannot use "${repository}" offline: ${what} (one run with the network is wanted)`);

  const commit = isCommit(revision) ? revision : await readRef(folder, revision, disk);
  if (commit === undefined) throw notCached(`its revision "${revision}" is not in "${wish.cacheFolder}"`);

  const tree = await readTree(folder, commit, disk);
  const missing: string[] = [];
  if (tree) {
    const choice = await choose(wish, commit, [...tree.keys()]);
    for (const path of choice.files) {
      if (!(await isCached(pathOf(wish, commit), path, tree.get(path)!, disk))) missing.push(path);
    }
    if (missing.length === 0) return pathOf(wish, commit, choice.entry);
  }
  // Another form of the same model may be whole.
  const cached = await chooseCached(wish, commit).catch((error: Error) => {
    throw notCached(missing.length > 0 ? `not cached: ${listOf(missing)}` : error.message);
  });
  return pathOf(wish, commit, cached.entry);
}

// A choice among the files that are in the snapshot, as if the repository held no others.
async function chooseCached(wish: Wish, commit: string): Promise<FileChoice> {
  const { file, disk } = wish;
  const paths: string[] = [];
  for (const path of await disk.filesBelow(pathOf(wish, commit))) {
    if ((await disk.entry(pathOf(wish, commit, path)))?.kind === "file") paths.push(path); // and no link to nothing
  }
  const choice = await choose(wish, commit, paths.sort());
  // A lone checkpoint says nothing about the components that may be there too.
  return { ...choice, exact: choice.exact && (file !== undefined || paths.includes(modelIndexName)) };
}

function pathOf({ folder }: Wish, commit: string, entry = ""): string {
  return `${folder}/snapshots/${commit}${entry && `/${entry}`}`;
}

// ---- from the Hub

const metadataAttempts = 2;

function subjectOf({ endpoint, token, repository, revision, signal }: Wish): HubSubject {
  return { endpoint, token, repository, revision, signal };
}

async function fetchCommit(wish: Wish): Promise<string> {
  const { modelInfo } = await loadHubLibrary();
  const { repository: name, revision, endpoint: hubUrl, signal } = wish;
  const { sha } = await withRetries(
    () => modelInfo({ name, revision, hubUrl, additionalFields: ["sha"], fetch: hubFetch(subjectOf(wish)) }),
    { attempts: metadataAttempts, signal },
  );
  if (!isCommit(sha)) throw new Error(`Cannot download "${name}": its commit is "${sha}" (40 hex digits are wanted)`);
  return sha;
}

async function fetchTree(wish: Wish, commit: string): Promise<HubTree> {
  const { listFiles } = await loadHubLibrary();
  const { repository, endpoint: hubUrl, folder, disk, signal } = wish;
  const repo = { type: "model", name: repository } as const;
  const files = await withRetries(
    async () => {
      const files: Record<string, HubFile> = {};
      const list = listFiles({ repo, revision: commit, recursive: true, hubUrl, fetch: hubFetch(subjectOf(wish)) });
      for await (const { type, path, size, oid, lfs, xetHash } of list) {
        if (type !== "file") continue;
        files[path] = { size, blob_id: oid ?? "", lfs_sha256: lfs?.oid, lfs_size: lfs?.size, xet_hash: xetHash };
      }
      return files;
    },
    { attempts: metadataAttempts, signal },
  );
  // Read back as from disk: names and hashes become paths here, and they are the server's.
  const text = formatTree(files);
  const tree = parseTree(text);
  if (!tree) throw new Error(`Cannot download "${repository}": its list of files is malformed`);
  await writeTree(folder, commit, text, disk);
  return tree;
}
