// Open models, each in an engine process of its own. One is opened when a job first needs it; when memory is short, those
// that were used longest ago are closed, which gives all of theirs back.

/** Something that can be opened, and takes memory while it is. */
export interface Resident<T extends { close(): Promise<void> }> {
  /** The same for what is the same when opened. */
  readonly key: string;
  /** About what it takes while open. */
  readonly sizeBytes: number;
  open(signal: AbortSignal): Promise<T>;
}

/** Open things. */
export interface EnginePool {
  /** What `work` gives; one at a time for each thing. It is opened for it where it is not open; after a crash it is closed. */
  use<T extends { close(): Promise<void> }, R>(
    resident: Resident<T>,
    signal: AbortSignal,
    work: (opened: T) => Promise<R>,
  ): Promise<R>;
  /** Closes it at its next free moment; the next use opens it anew. False when it is not open. */
  discard(key: string): Promise<boolean>;
  /** Keys of what is open, the one used last at the end. */
  open(): readonly string[];
  close(): Promise<void>;
}

interface Entry {
  readonly key: string;
  readonly sizeBytes: number;
  readonly opened: Promise<{ close(): Promise<void> }>;
  /** Ends when all work that was asked of it is done. */
  busy: Promise<unknown>;
  users: number;
}

/** A pool whose things together take about `memoryBytes` at most; one that takes more alone is opened alone. */
export function enginePool({ memoryBytes }: { readonly memoryBytes: number }): EnginePool {
  // In the order of their last use.
  const entries = new Map<string, Entry>();

  async function close(entry: Entry): Promise<void> {
    if (entries.get(entry.key) === entry) entries.delete(entry.key);
    await entry.busy.catch(() => undefined);
    await (await entry.opened.catch(() => undefined))?.close();
  }

  /** Makes room for `sizeBytes` more. What is in use stays: its jobs are to finish. */
  async function makeRoom(sizeBytes: number): Promise<void> {
    const taken = () => [...entries.values()].reduce((sum, entry) => sum + entry.sizeBytes, 0);
    for (const entry of entries.values()) {
      if (taken() + sizeBytes <= memoryBytes) return;
      if (entry.users === 0) await close(entry);
    }
  }

  return {
    async use<T extends { close(): Promise<void> }, R>(
      { key, sizeBytes, open }: Resident<T>,
      signal: AbortSignal,
      work: (opened: T) => Promise<R>,
    ): Promise<R> {
      if (!entries.has(key)) await makeRoom(sizeBytes);
      let entry = entries.get(key);
      if (entry === undefined) {
        const opened = open(signal);
        const created: Entry = { key, sizeBytes, opened, busy: Promise.resolve(), users: 0 };
        // What could not be opened is not kept: the next use tries again.
        opened.catch(() => entries.get(key) === created && entries.delete(key));
        entry = created;
      }
      entries.delete(key);
      entries.set(key, entry);
      entry.users++;
      const turn = entry.busy;
      const doing = (async () => {
        await turn.catch(() => undefined);
        signal.throwIfAborted();
        return work((await entry.opened) as unknown as T);
      })();
      entry.busy = doing.catch(() => undefined);
      try {
        return await doing;
      } catch (error) {
        if (isEngineCrash(error)) void close(entry).catch(() => undefined);
        throw error;
      } finally {
        entry.users--;
      }
    },
    async discard(key) {
      const entry = entries.get(key);
      if (entry === undefined) return false;
      await close(entry);
      return true;
    },
    open: () => [...entries.keys()],
    async close() {
      await Promise.all([...entries.values()].map(close));
    },
  };
}

/** Whether `error` says that an engine's process ended: what was asked of it can be asked of a fresh one. */
export const isEngineCrash = (error: unknown): boolean =>
  error instanceof Error &&
  (/: the engine process (was killed|ended|did not start)/.test(error.message) ||
    (error.cause !== undefined && isEngineCrash(error.cause)));
