// Whose turn it is: the model does one thing at a time, and first what the reader is looking at.

/** A place in line. */
interface Turn {
  readonly isSeen: () => boolean;
  readonly signal: AbortSignal;
  readonly begin: () => void;
}

/** A line of work that is done piece by piece. */
export interface Turns {
  /** Does `work` when its turn comes: what `isSeen` goes first, else in order. Rejects with the signal's reason. */
  take<T>(work: () => Promise<T>, place: { readonly isSeen: () => boolean; readonly signal: AbortSignal }): Promise<T>;
}

/** A line that is empty. */
export function turns(): Turns {
  let waiting: Turn[] = [];
  let isBusy = false;

  function next(): void {
    if (isBusy) return;
    waiting = waiting.filter(({ signal }) => !signal.aborted);
    const turn = waiting.find(({ isSeen }) => isSeen()) ?? waiting[0];
    if (turn === undefined) return;
    waiting = waiting.filter((other) => other !== turn);
    isBusy = true;
    turn.begin();
  }

  return {
    async take(work, { isSeen, signal }) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        waiting.push({ isSeen, signal, begin: resolve });
        next();
      });
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        isBusy = false;
        next();
      }
    },
  };
}

/** The line for the bundled model. */
export const modelTurns = turns();
