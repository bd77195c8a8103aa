// What the download cache asks of the machine: its files, its environment, its processes. Node has a `disk`; a browser
// has none. Paths are joined with "/", which every system Node runs on understands.

import type * as hub from "@huggingface/hub";

/** What we use of the Hub's client library. */
export type HubLibrary = Pick<typeof hub, "HUB_URL" | "listFiles" | "modelInfo">;

/** A file open for reading and writing at any position. */
export interface DiskFile {
  size(): Promise<number>;
  /** Bytes [offset, offset + length), fewer at the end of the file. */
  read(offset: number, length: number): Promise<Uint8Array>;
  write(bytes: Uint8Array, offset: number): Promise<void>;
  /** Returns when what was written is on the medium. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** What a path names, symbolic links followed. */
export interface DiskEntry {
  readonly kind: "file" | "folder";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** A digest that grows with its message; `digest` is lower-case hexadecimal. */
export interface Digest {
  update(bytes: Uint8Array): void;
  digest(): string;
}

/** The machine's files, environment and processes. Failures are the system's own, with its `code` ("ENOSPC"). */
export interface Disk {
  /** What is at `path`, undefined when nothing is. */
  entry(path: string): Promise<DiskEntry | undefined>;
  /** Paths of all files and links below `folder`, relative to it, with "/"; empty when there is no such folder. */
  filesBelow(folder: string): Promise<string[]>;
  /** The UTF-8 text of a file, undefined when there is none. */
  readText(path: string): Promise<string | undefined>;
  /** Makes a new file that holds `text`; false, and nothing done, when `path` exists already: only one maker wins. */
  writeNew(path: string, text: string): Promise<boolean>;
  /** Opens a file, made empty when there is none. */
  open(path: string): Promise<DiskFile>;
  /** Makes a folder and those above it. */
  makeFolder(path: string): Promise<void>;
  /** Moves a file over whatever was at `to`. Atomic. */
  rename(from: string, to: string): Promise<void>;
  /** Removes a file if it is there. */
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it, if it is there. */
  removeFolder(path: string): Promise<void>;
  /** Makes `path` a symbolic link; `target` is relative to the link's folder. */
  symbolicLink(target: string, path: string): Promise<void>;
  /** Makes `path` another name of the file `existing`. */
  hardLink(existing: string, path: string): Promise<void>;
  copy(from: string, to: string): Promise<void>;
  /** Sets the time of modification to now. */
  touch(path: string): Promise<void>;
  digest(algorithm: "sha1" | "sha256"): Digest;
  environment(name: string): string | undefined;
  homeFolder(): string;
  /** A path that nothing has yet, in the folder for temporary files. */
  temporaryPath(ending: string): string;
  hostName(): string;
  processId(): number;
  isProcessAlive(id: number): boolean;
  /** Tells the person at the machine something that is not an error. */
  warn(message: string): void;
}
