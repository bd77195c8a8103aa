// Logs of events: appended by whoever works on a job (or a training run), followed by any number of readers, each at its own
// pace. A reader keeps nothing but its place, so a slow one costs nothing; what it misses was superseded.

import { isLast } from "../schema/job-event.ts";
import type { JobHappening } from "../schema/job-event.ts";

/** What can be logged. */
interface Happening {
  readonly kind: string;
}

/** A happening under an id. */
export type Logged<H> = H & { readonly id: string; readonly at: string };

/** Logs by the id of what they are of. */
export interface EventLog<H extends Happening> {
  /**
   * Begins a log with what `past` tells of it, unless it has begun. What was appended before is part of that past; what is
   * appended while it is read comes after it.
   */
  begin(log: string, past: () => Promise<readonly H[]>): Promise<void>;
  append(log: string, happening: H): void;
  /** Whether it has begun. */
  has(log: string): boolean;
  /** The last event of a kind. */
  latest<K extends H["kind"]>(log: string, kind: K): Logged<Extract<H, { kind: K }>> | undefined;
  /** The events after the one with id `after`, or all, as they come; ends after the last. */
  follow(log: string, options: { readonly after?: string; readonly signal: AbortSignal }): AsyncGenerator<Logged<H>>;
  /** Begins it anew and empty: what goes on after its last event. */
  forget(log: string): void;
}

/** A log that other processes append to as well. */
export interface SharedEventLog<H extends Happening> extends EventLog<H> {
  close(): Promise<void>;
}

/** Event logs in memory. */
export interface MemoryEventLog<H extends Happening> extends EventLog<H> {
  /** Appends an event that has its id already. */
  receive(log: string, event: Logged<H>): void;
  /** Logs that somebody waits for more of. */
  followed(): readonly string[];
}

/** How long logs are. */
export interface EventLogOptions<H extends Happening> {
  /** How many of a kind are kept that later ones supersede. Kinds without a row are kept whole. */
  readonly kept: Partial<Record<H["kind"], number>>;
  /** Whether nothing comes after it. */
  readonly isLast: (happening: H) => boolean;
  /** Ids for new events; each is later than those before it. */
  readonly newId?: () => string;
}

/** Logs of what is over are kept for so many. */
const finishedLogs = 256;

interface Log<H> {
  events: Logged<H>[];
  /** Until it has begun, it lacks what was before it. */
  begun?: Promise<void>;
  hasBegun: boolean;
  readonly readers: Set<() => void>;
}

/** How long the logs of jobs are. */
export const jobLogOptions: EventLogOptions<JobHappening> = {
  kept: { queued: 1, preview: 1, step: 256, progress: 16, notice: 100 },
  isLast,
};

/** The log of jobs, in memory. */
export const jobEventLog = (): MemoryEventLog<JobHappening> => memoryEventLog(jobLogOptions);

/** Event logs in memory. */
export function memoryEventLog<H extends Happening>({
  kept,
  isLast,
  newId = eventIds(),
}: EventLogOptions<H>): MemoryEventLog<H> {
  const logs = new Map<string, Log<H>>();
  const mostOf = (kind: H["kind"]): number => kept[kind] ?? Infinity;

  const logOf = (name: string): Log<H> => {
    const found = logs.get(name) ?? { events: [], hasBegun: false, readers: new Set() };
    logs.set(name, found);
    return found;
  };

  function forgetOldest(): void {
    const over = [...logs].filter(([, { events, readers }]) => readers.size === 0 && events.some(isLast));
    for (const [name] of over.slice(0, Math.max(0, over.length - finishedLogs))) logs.delete(name);
  }

  function receive(name: string, event: Logged<H>): void {
    const log = logOf(name);
    log.events.push(event);
    const same = log.events.filter(({ kind }) => kind === event.kind);
    if (same.length > mostOf(event.kind)) log.events.splice(log.events.indexOf(same[0]), 1);
    for (const wake of log.readers) wake();
    if (isLast(event)) forgetOldest();
  }
  const logged = (happening: H): Logged<H> => ({ at: new Date().toISOString(), ...happening, id: newId() });

  async function read(log: Log<H>, past: () => Promise<readonly H[]>): Promise<void> {
    log.events = [];
    try {
      // Ids are given anew, for them to grow: nobody has read any.
      log.events = [...(await past()), ...log.events].map(logged);
      log.hasBegun = true;
      for (const wake of log.readers) wake();
    } finally {
      log.begun = undefined;
    }
  }

  return {
    async begin(name, past) {
      const log = logOf(name);
      if (!log.hasBegun) await (log.begun ??= read(log, past));
    },
    append: (name, happening) => receive(name, logged(happening)),
    receive,
    followed: () => [...logs].filter(([, { readers }]) => readers.size > 0).map(([name]) => name),
    has: (name) => logs.get(name)?.hasBegun ?? false,
    latest: <K extends H["kind"]>(name: string, kind: K) =>
      logs.get(name)?.events.findLast((event) => event.kind === kind) as Logged<Extract<H, { kind: K }>> | undefined,
    forget: (name) => void logs.set(name, { events: [], hasBegun: true, readers: new Set() }),
    async *follow(name, { after, signal }) {
      const log = logOf(name);
      let seen = after;
      while (!signal.aborted) {
        const next = log.events.filter(({ id }) => seen === undefined || isLater(id, seen));
        for (const event of next) {
          // While the one before was sent, a later one of the kind may have come.
          if (mostOf(event.kind) === 1 && !log.events.includes(event)) continue;
          seen = event.id;
          yield event;
          if (isLast(event)) return;
        }
        if (next.length > 0) continue;
        await new Promise<void>((resolve) => {
          const wake = () => {
            log.readers.delete(wake);
            signal.removeEventListener("abort", wake);
            resolve();
          };
          log.readers.add(wake);
          signal.addEventListener("abort", wake, { once: true });
        });
      }
    },
  };
}

/** Ids as Redis streams have them: milliseconds, a dash, a number. They grow, also when the clock is set back. */
function eventIds(): () => string {
  let [lastMs, count] = [0, 0];
  return () => {
    const nowMs = Math.max(Date.now(), lastMs);
    count = nowMs === lastMs ? count + 1 : 0;
    lastMs = nowMs;
    return `${nowMs}-${count}`;
  };
}

/** Whether the id `a` comes after `b`; what is no id comes before all. */
export function isLater(a: string, b: string): boolean {
  const [[aMs, aCount], [bMs, bCount]] = [a, b].map((id) => id.split("-").map(Number));
  if (Number.isNaN(bMs)) return true;
  return aMs > bMs || (aMs === bMs && aCount > (bCount || 0));
}
