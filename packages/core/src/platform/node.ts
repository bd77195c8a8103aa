// The machine seen from Node: files by path. The browser's half is web.ts; both export the same names, and isomorphic
// code imports them as "#platform".

import { createHash, randomUUID } from "node:crypto";
import { constants } from "node:fs";
import {
  copyFile,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  type FileHandle,
} from "node:fs/promises";
import { freemem, homedir, hostname, tmpdir } from "node:os";
import { basename, dirname, join, relative, sep } from "node:path";
import type { ByteSource } from "./bytes.ts";
import type { Disk, DiskFile, HubLibrary } from "./disk.ts";

export { decodeImage, drawLabel, encodeAnimation, encodeImage, encodePng, imageSize, resizeBitmap } from "./sharp.ts";

/** Opens a file for reading in ranges. Throws when it is missing, unreadable or a folder. */
export async function openFile(path: string): Promise<ByteSource> {
  const handle = await open(path, "r").catch((cause) => {
    throw fileError(`Cannot open "${path}"`, cause);
  });
  const status = await handle.stat();
  if (!status.isFile()) {
    await handle.close();
    throw new Error(
      `Cannot open "${path}": it is ${status.isDirectory() ? "a folder" : "no regular file"} (a file is wanted)`,
    );
  }
  const { size } = status;
  return {
    name: path,
    size,
    async read(offset, length) {
      if (!(offset >= 0 && length >= 0 && offset + length <= size)) {
        throw new RangeError(`Cannot read bytes ${offset} to ${offset + length} of "${path}": it has ${size}`);
      }
      const bytes = new Uint8Array(length);
      for (let done = 0; done < length;) {
        // One system call reads less than 2 GiB.
        const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, 2 ** 30), offset + done);
        if (bytesRead === 0) throw new RangeError(`Cannot read "${path}": it became shorter while it was read`);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Writes a file whole or not at all: `chunks` go to a temporary file beside it, which takes its place once on disk. */
export async function writeFileAtomic(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  const handle = await open(temporary, "wx").catch((cause) => {
    throw fileError(`Cannot write "${path}"`, cause);
  });
  try {
    try {
      for await (const chunk of chunks) {
        for (let done = 0; done < chunk.length;) {
          done += (await handle.write(chunk, done, Math.min(chunk.length - done, 2 ** 30))).bytesWritten;
        }
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw isSystemError(cause) ? fileError(`Cannot write "${path}"`, cause) : cause;
  }
}

/** Whether a file or folder exists at `path`. */
export async function pathExists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The names of the files and folders in the folder `path`, sorted. */
export async function listFolder(path: string): Promise<string[]> {
  const names = await readdir(path).catch((cause) => {
    throw fileError(`Cannot list "${path}"`, cause);
  });
  return names.sort();
}

/** A whole UTF-8 file as text. */
export async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause) => {
    throw fileError(`Cannot read "${path}"`, cause);
  });
}

/** A file that comes with this package, by its URL beside the module that asks. */
export async function readAsset(url: URL): Promise<Uint8Array> {
  return readFile(url).catch((cause) => {
    throw fileError(`Cannot read "${url.pathname}"`, cause);
  });
}

/** Path segments joined with this machine's separator. */
export function joinPath(...segments: string[]): string {
  return join(...segments);
}

/** The folder that holds `path`. */
export function parentFolder(path: string): string {
  return dirname(path);
}

const reasons: Record<string, string> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "not permitted",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the disk is read-only",
  EMFILE: "too many open files",
};

function isSystemError(cause: unknown): cause is NodeJS.ErrnoException {
  return cause instanceof Error && "syscall" in cause;
}

function fileError(action: string, cause: NodeJS.ErrnoException): Error {
  return new Error(`${action}: ${reasons[cause.code ?? ""] ?? cause.message}`, { cause });
}

/** The Hub's client library, loaded on first use. Here because its package does not bundle for browsers everywhere. */
export const loadHubLibrary = (): Promise<HubLibrary> => import("@huggingface/hub");

/** This machine's files, environment and processes, for the download cache. */
export const disk: Disk | undefined = {
  async entry(path) {
    const status = await stat(path).catch(unless(undefined, "ENOENT", "ENOTDIR", "ENAMETOOLONG"));
    if (!status) return undefined;
    return { kind: status.isDirectory() ? "folder" : "file", sizeBytes: status.size, modifiedMs: status.mtimeMs };
  },
  async filesBelow(folder) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(unless([], "ENOENT"));
    return entries
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
  },
  readText: (path) => readFile(path, "utf8").catch(unless(undefined, "ENOENT", "ENOTDIR")),
  async writeNew(path, text) {
    const file = await open(path, "wx").catch(unless(undefined, "EEXIST"));
    if (!file) return false;
    try {
      await file.writeFile(text);
      return true;
    } catch (cause) {
      await rm(path, { force: true });
      throw cause;
    } finally {
      await file.close();
    }
  },
  async open(path) {
    return diskFile(await open(path, constants.O_RDWR | constants.O_CREAT));
  },
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  removeFolder: (path) => rm(path, { force: true, recursive: true }),
  symbolicLink: (target, path) => symlink(target, path, "file"),
  hardLink: link,
  copy: copyFile,
  touch: (path) => utimes(path, new Date(), new Date()),
  digest(algorithm) {
    const hash = createHash(algorithm);
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("hex") };
  },
  environment: (name) => process.env[name],
  homeFolder: homedir,
  temporaryPath: (ending) => join(tmpdir(), `noisette-${randomUUID()}${ending}`),
  hostName: hostname,
  processId: () => process.pid,
  isProcessAlive(id) {
    try {
      return process.kill(id, 0); // signal 0 only asks
    } catch (cause) {
      return (cause as NodeJS.ErrnoException).code === "EPERM"; // alive, and someone else's
    }
  },
  warn: (message) => process.emitWarning(message),
};

function diskFile(handle: FileHandle): DiskFile {
  return {
    size: async () => (await handle.stat()).size,
    async read(offset, length) {
      const bytes = new Uint8Array(length);
      const { bytesRead } = await handle.read(bytes, 0, length, offset);
      return bytes.subarray(0, bytesRead);
    },
    async write(bytes, offset) {
      for (let done = 0; done < bytes.length;) {
        done += (await handle.write(bytes, done, bytes.length - done, offset + done)).bytesWritten;
      }
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  };
}

// `.catch(unless(value, "ENOENT"))`: value when the system's code is one of those, the error again otherwise.
function unless<T>(value: T, ...codes: string[]): (cause: Error) => T {
  return (cause) => {
    if (codes.includes((cause as NodeJS.ErrnoException).code ?? "")) return value;
    throw cause;
  };
}

/** Memory that programs can still take, as the system reports it. */
export const freeMemoryBytes = (): number | undefined => freemem();
