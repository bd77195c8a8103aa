// What the server has, loaded when first looked at: a value, or why there is none.

import type { ReadonlySignal } from "@preact/signals";
import { signal } from "@preact/signals";

/** Something that is loaded. */
export interface Resource<T> {
  /** Undefined until it is there. */
  readonly value: ReadonlySignal<T | undefined>;
  /** Why the last attempt failed. */
  readonly error: ReadonlySignal<unknown>;
  /** Loads it if that has not begun yet. */
  load(): Promise<void>;
  /** Loads it again; what was there stays until then. */
  reload(): Promise<void>;
}

/** A resource that `get` loads. Never throws: what fails is in `error`. */
export function resource<T>(get: () => Promise<T>): Resource<T> {
  const value = signal<T | undefined>();
  const error = signal<unknown>();
  let loading: Promise<void> | undefined;
  const reload = () =>
    (loading = get().then(
      (loaded) => {
        value.value = loaded;
        error.value = undefined;
      },
      (reason: unknown) => {
        error.value = reason;
        loading = undefined; // the next look tries again
      },
    ));
  return { value, error, reload, load: () => loading ?? reload() };
}
