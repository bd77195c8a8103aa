// What a figure computes: kept as long as the page is open, and computed anew when what it depends on changes.

import { signal } from "@preact/signals";
import type { ReadonlySignal } from "@preact/signals";
import { modelTurns } from "./turns.ts";

/** Does one piece of work when its turn comes. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** A value that is computed from an input, piece by piece. */
export interface Computation<Input, Value> {
  /** What there is so far. */
  readonly value: ReadonlySignal<Value>;
  readonly isBusy: ReadonlySignal<boolean>;
  readonly problem: ReadonlySignal<unknown>;
  /** Begins with `input`, unless that is what it is about already; `isSeen` says whether it is on the screen. */
  want(input: Input, isSeen: () => boolean): void;
}

/**
 * A computation that shows `empty(input)` at first, and then what `work` updates it to. Inputs are compared as JSON; another one
 * stops the work on the last.
 */
export function computation<Input, Value>(
  empty: () => Value,
  work: (
    input: Input,
    run: { readonly update: (value: Value) => void; readonly inTurn: InTurn; readonly signal: AbortSignal },
  ) => Promise<void>,
): Computation<Input, Value> {
  const value = signal(empty());
  const isBusy = signal(false);
  const problem = signal<unknown>(undefined);
  let about: string | undefined;
  let stop = new AbortController();
  return {
    value,
    isBusy,
    problem,
    want(input, isSeen) {
      const key = JSON.stringify(input);
      if (key === about) return;
      about = key;
      stop.abort();
      stop = new AbortController();
      const { signal } = stop;
      value.value = empty();
      isBusy.value = true;
      problem.value = undefined;
      work(input, {
        signal,
        update: (next) => {
          if (!signal.aborted) value.value = next;
        },
        inTurn: (piece) => modelTurns.take(piece, { isSeen, signal }),
      })
        .catch((error: unknown) => {
          if (signal.aborted) return;
          problem.value = error;
          about = undefined; // the next wish tries again
        })
        .finally(() => {
          if (!signal.aborted) isBusy.value = false;
        });
    },
  };
}
