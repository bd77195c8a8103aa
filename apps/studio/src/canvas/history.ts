// Undo and redo: all states so far, and where among them we are.

/** States, of which one is now. */
export interface History<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
}

// Strokes are small; a day's drawing fits.
const most = 500;

/** A history that begins. */
export const historyOf = <T>(present: T): History<T> => ({ past: [], present, future: [] });

/** The history after something was done; what was undone before is forgotten. */
export const after = <T>({ past, present }: History<T>, next: T): History<T> => ({
  past: [...past, present].slice(-most),
  present: next,
  future: [],
});

/** The history one step back; the same where there is none. */
export function undone<T>(history: History<T>): History<T> {
  const { past, present, future } = history;
  return past.length === 0 ? history : { past: past.slice(0, -1), present: past.at(-1)!, future: [present, ...future] };
}

/** The history one step on; the same where there is none. */
export function redone<T>(history: History<T>): History<T> {
  const { past, present, future } = history;
  return future.length === 0 ? history : { past: [...past, present], present: future[0], future: future.slice(1) };
}
