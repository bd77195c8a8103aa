// Large files, fetched once and kept: in the browser's Cache storage, where the page may use it (https and localhost).

/** A file, as large as it is to be. */
export interface KeptFile {
  readonly url: string;
  readonly sizeBytes: number;
}

/** Files kept under one name. */
export interface KeptFiles {
  /** Whether they outlast the page. */
  readonly isLasting: boolean;
  /** The file, from the cache or fetched; `onBytes` is told of every piece that has come. Throws Error when it does not come whole. */
  get(file: KeptFile, onBytes: (bytes: number) => void): Promise<Blob>;
  /** Throws away what is kept under the name beside `files`: earlier versions. */
  forgetOthers(files: readonly KeptFile[]): Promise<void>;
}

/** Opens what is kept as `name`. */
export async function keptFiles(name: string): Promise<KeptFiles> {
  const cache = await openCache(name);
  return {
    isLasting: cache !== undefined,
    async get({ url, sizeBytes }, onBytes) {
      const kept = await (await cache?.match(url))?.blob();
      if (kept?.size === sizeBytes) {
        onBytes(sizeBytes);
        return kept;
      }
      const blob = await fetchWhole({ url, sizeBytes }, onBytes);
      // A full disk: the file is fetched again next time.
      await cache?.put(url, new Response(blob)).catch(() => undefined);
      return blob;
    },
    async forgetOthers(files) {
      const wanted = new Set(files.map(({ url }) => new URL(url, location.href).href));
      for (const request of (await cache?.keys()) ?? []) if (!wanted.has(request.url)) await cache?.delete(request);
    },
  };
}

/** The cache; undefined where pages have none, or may not use it. */
async function openCache(name: string): Promise<Cache | undefined> {
  try {
    return await globalThis.caches?.open(name);
  } catch {
    return undefined;
  }
}

async function fetchWhole({ url, sizeBytes }: KeptFile, onBytes: (bytes: number) => void): Promise<Blob> {
  const response = await fetch(url);
  if (!response.ok || response.body === null)
    throw new Error(`Cannot fetch "${url}": the server answered ${response.status}`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onBytes(value.length);
  }
  const blob = new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
  if (blob.size !== sizeBytes)
    throw new Error(`Cannot fetch "${url}": ${blob.size} bytes came (${sizeBytes} are wanted)`);
  return blob;
}
