// Ctrl-C: the first asks the work to stop and clean up, the second ends the program.

import { constants } from "node:os";

const signals = ["SIGINT", "SIGTERM"] as const;

/** Work that was stopped from outside; `status` is what shells expect of a program that a signal ended. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly status: number;

  constructor(signal: (typeof signals)[number]) {
    super("stopped");
    this.status = 128 + constants.signals[signal];
  }
}

/**
 * What `work` gives; its AbortSignal is aborted at the first SIGINT or SIGTERM. Throws Interrupted when it stopped for
 * that, whatever error it stopped with.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const onSignal = (signal: (typeof signals)[number]) => {
    const interrupted = new Interrupted(signal);
    // The handlers of "exit" still run, so engines die with us.
    if (stop.signal.aborted) process.exit(interrupted.status);
    stop.abort(interrupted);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

/** Resolves when `signal` is aborted. */
export const untilStopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
    if (signal.aborted) resolve();
  });
