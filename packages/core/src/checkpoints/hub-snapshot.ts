// The files of one commit, downloaded side by side into its snapshot folder, and how far that is.

import type { Disk } from "../platform/disk.ts";
import { etagOf, isCached, placeFile, repositoryFolder, sizeOf, type HubTree } from "./hub-cache.ts";
import { downloadBlob } from "./hub-download.ts";
import type { HubSubject } from "./hub-request.ts";

/** How far a download is: one file of it, and all of it. */
export interface HubProgress {
  /** Path in the repository. */
  readonly file: string;
  readonly receivedBytes: number;
  readonly totalBytes: number;
  /** Sums over all files that are wanted, those that were cached already included. */
  readonly overallReceivedBytes: number;
  readonly overallTotalBytes: number;
}

/** One commit of a repository, there and here. */
export interface HubSnapshot {
  readonly subject: HubSubject;
  readonly commit: string;
  readonly tree: HubTree;
  /** The whole cache. */
  readonly cacheFolder: string;
  readonly disk: Disk;
}

const parallelDownloads = 4;
const reportEveryMs = 100;

/** Downloads those of `paths` that are not cached, smallest first. The first failure stops all and is thrown. */
export async function fetchFiles(
  snapshot: HubSnapshot,
  paths: readonly string[],
  onProgress?: (progress: HubProgress) => void,
): Promise<void> {
  const { subject, tree, disk } = snapshot;
  const missing: string[] = [];
  for (const path of paths) {
    if (!(await isCached(snapshotFolder(snapshot), path, tree.get(path)!, disk))) missing.push(path);
  }
  if (missing.length === 0) return;
  missing.sort((a, b) => sizeOf(tree.get(a)!) - sizeOf(tree.get(b)!));

  const report = progressOf(paths, missing, tree, onProgress);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(subject.signal ? [subject.signal] : [])]);
  const work = async () => {
    for (let path = missing.shift(); path !== undefined; path = missing.shift()) {
      signal.throwIfAborted();
      await fetchFile({ ...snapshot, subject: { ...subject, file: path, signal } }, path, report);
    }
  };
  const workers = Array.from({ length: parallelDownloads }, () => work().catch((error) => stop.abort(error)));
  await Promise.all(workers); // all have ended: nothing runs on behind our back
  stop.signal.throwIfAborted();
}

async function fetchFile(
  snapshot: HubSnapshot,
  path: string,
  report: (path: string, receivedBytes: number) => void,
): Promise<void> {
  const { subject, commit, tree, cacheFolder, disk } = snapshot;
  const { endpoint, repository } = subject;
  const etag = etagOf(tree.get(path)!);
  const sizeBytes = sizeOf(tree.get(path)!);
  const url = `${endpoint}/${repository}/resolve/${commit}/${path.split("/").map(encodeURIComponent).join("/")}`;
  const blobPath = `${repositoryFolder(cacheFolder, repository)}/blobs/${etag}`;
  // Not Python's <etag>.lock: those lie there unheld, since they are held with flock(2).
  const lockPath = `${repositoryFolder(`${cacheFolder}/.locks`, repository)}/${etag}.download.lock`;
  const onBytes = (receivedBytes: number) => report(path, receivedBytes);

  await downloadBlob({ subject, url, sizeBytes, etag }, { disk, path: blobPath, lockPath, onBytes });
  await placeFile(snapshotFolder(snapshot), path, blobPath, disk);
  report(path, sizeBytes);
}

function snapshotFolder({ cacheFolder, subject, commit }: HubSnapshot): string {
  return `${repositoryFolder(cacheFolder, subject.repository)}/snapshots/${commit}`;
}

function progressOf(
  paths: readonly string[],
  missing: readonly string[],
  tree: HubTree,
  onProgress: ((progress: HubProgress) => void) | undefined,
): (path: string, receivedBytes: number) => void {
  const received = new Map(paths.map((path) => [path, missing.includes(path) ? 0 : sizeOf(tree.get(path)!)]));
  const overallTotalBytes = paths.reduce((sum, path) => sum + sizeOf(tree.get(path)!), 0);
  let reportedAt = -Infinity;
  return (file, receivedBytes) => {
    const totalBytes = sizeOf(tree.get(file)!);
    const now = performance.now();
    const finished = receivedBytes === totalBytes && received.get(file) !== totalBytes;
    received.set(file, receivedBytes);
    if (!finished && now - reportedAt < reportEveryMs) return;
    reportedAt = now;
    const overallReceivedBytes = [...received.values()].reduce((sum, bytes) => sum + bytes, 0);
    onProgress?.({ file, receivedBytes, totalBytes, overallReceivedBytes, overallTotalBytes });
  };
}
