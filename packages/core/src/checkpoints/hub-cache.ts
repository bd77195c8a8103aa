// The Hub cache on disk, as Python's huggingface_hub lays it out, so that one download serves both:
//   models--owner--name/refs/main               the commit that "main" was when it was last fetched
//   models--owner--name/trees/<commit>.json     every file of that commit with its size and hashes
//   models--owner--name/blobs/<etag>            contents; etag = sha256 (LFS files) or git blob sha1 (small files)
//   models--owner--name/blobs/<etag>.incomplete a download that was broken off
//   models--owner--name/snapshots/<commit>/…    the repository's tree, of relative links into blobs/

import { z } from "zod";
import type { Disk } from "../platform/disk.ts";
import { isRepositoryPath } from "./hub-reference.ts";

const sha1Pattern = /^[0-9a-f]{40}$/;
const sha256Pattern = /^[0-9a-f]{64}$/;

/** Whether a revision is a full commit hash, and so names the same files for ever. */
export function isCommit(revision: string): boolean {
  return sha1Pattern.test(revision);
}

/** One file of a commit; the fields are those of trees/<commit>.json. */
export type HubFile = z.infer<typeof hubFile>;

/** The files of one commit, by path. */
export type HubTree = ReadonlyMap<string, HubFile>;

const hubFile = z.object({
  size: z.int().nonnegative(),
  blob_id: z.string().regex(sha1Pattern),
  lfs_sha256: z.string().regex(sha256Pattern).optional(),
  lfs_size: z.int().nonnegative().optional(),
  xet_hash: z.string().optional(),
});
const treeFile = z.object({ format_version: z.literal(1), files: z.record(z.string(), hubFile) });

/** The name of a file's blob: what the Hub sends as its ETag. */
export function etagOf(file: HubFile): string {
  return file.lfs_sha256 ?? file.blob_id;
}

/** A file's length in bytes. */
export function sizeOf(file: HubFile): number {
  return file.lfs_size ?? file.size;
}

/** The folder of one repository ("owner/name") in the cache. */
export function repositoryFolder(cacheFolder: string, repository: string): string {
  return `${cacheFolder}/models--${repository.replace("/", "--")}`;
}

/** The commit a branch or tag was when it was last fetched, or undefined. */
export async function readRef(folder: string, revision: string, disk: Disk): Promise<string | undefined> {
  const commit = (await disk.readText(`${folder}/refs/${revision}`))?.trim();
  return commit !== undefined && isCommit(commit) ? commit : undefined;
}

/** Remembers which commit a branch or tag is. */
export async function writeRef(folder: string, revision: string, commit: string, disk: Disk): Promise<void> {
  if (revision === commit || (await readRef(folder, revision, disk)) === commit) return;
  await writeWhole(`${folder}/refs/${revision}`, commit, disk);
}

/** The remembered files of a commit; undefined when there are none, or of another format. */
export async function readTree(folder: string, commit: string, disk: Disk): Promise<HubTree | undefined> {
  const text = await disk.readText(`${folder}/trees/${commit}.json`);
  return text === undefined ? undefined : parseTree(text);
}

/** Reads the text of a trees/<commit>.json file, leaving out paths that are unsafe here; undefined when it is none. */
export function parseTree(text: string): HubTree | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const tree = treeFile.safeParse(json);
  return tree.success ? new Map(Object.entries(tree.data.files).filter(([path]) => isRepositoryPath(path))) : undefined;
}

/** The text of a trees/<commit>.json file. */
export function formatTree(files: Record<string, HubFile>): string {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ format_version: 1, files: sorted }, undefined, 1);
}

/** Remembers the files of a commit; a cache that cannot be written is left as it is, since this only saves a request. */
export async function writeTree(folder: string, commit: string, text: string, disk: Disk): Promise<void> {
  await writeWhole(`${folder}/trees/${commit}.json`, text, disk).catch(() => undefined);
}

/** Whether the snapshot holds `path` whole: there, and as long as `file` says. */
export async function isCached(snapshot: string, path: string, file: HubFile, disk: Disk): Promise<boolean> {
  const entry = await disk.entry(`${snapshot}/${path}`);
  return entry?.kind === "file" && entry.sizeBytes === sizeOf(file);
}

/**
 * Makes `path` of a snapshot stand for a blob: by a relative symbolic link, as Python does; where the system refuses
 * those (Windows without developer mode), by a second name of the same file; where there are none either, by a copy.
 */
export async function placeFile(snapshot: string, path: string, blob: string, disk: Disk): Promise<void> {
  const pointer = `${snapshot}/${path}`;
  await disk.makeFolder(pointer.slice(0, pointer.lastIndexOf("/")));
  const up = "../".repeat(path.split("/").length + 1); // out of the path's folders, the commit's and snapshots/
  const etag = blob.slice(blob.lastIndexOf("/") + 1);
  const temporary = `${pointer}.${crypto.randomUUID()}.tmp`;
  await disk
    .symbolicLink(`${up}blobs/${etag}`, temporary)
    .catch(() => disk.hardLink(blob, temporary))
    .catch(() => disk.copy(blob, temporary));
  await disk.rename(temporary, pointer);
}

async function writeWhole(path: string, text: string, disk: Disk): Promise<void> {
  await disk.makeFolder(path.slice(0, path.lastIndexOf("/")));
  const temporary = `${path}.${crypto.randomUUID()}.tmp`;
  await disk.writeNew(temporary, text);
  await disk.rename(temporary, path);
}
