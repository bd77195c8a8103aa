// Random access to bytes that may be larger than memory: a file in Node, a Blob in the browser.

/** Bytes that can be read in ranges. `read` throws RangeError past the end. */
export interface ByteSource {
  /** Path or name, for messages and for external-data references. */
  readonly name: string;
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}
