// Files by name: pictures, their thumbnails, uploads. A name is made by the server, never by a client.

/** Files of a store. */
export interface FileStore {
  /** Writes a file whole or not at all; it is there for good when it resolves. Replaces one of the same name. */
  write(name: string, bytes: Uint8Array): Promise<void>;
  /** The file; undefined where there is none. */
  read(name: string): Promise<Uint8Array | undefined>;
  has(name: string): Promise<boolean>;
  /** Does nothing where there is none. */
  remove(name: string): Promise<void>;
}
