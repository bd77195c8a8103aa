// Signals whose values outlast the page: in the browser's local storage, as JSON.

import type { Signal } from "@preact/signals";
import { effect, signal } from "@preact/signals";

/**
 * A signal that begins as it was stored under `name`, or as `initial` where nothing is stored that `isValid` takes, and
 * is stored at every change. Without storage (a private window) it lasts as long as the page.
 */
export function stored<T>(name: string, initial: T, isValid: (value: unknown) => value is T): Signal<T> {
  const key = `noisette.${name}`;
  const value = signal(read(key, isValid) ?? initial);
  effect(() => {
    const text = JSON.stringify(value.value);
    try {
      localStorage.setItem(key, text);
    } catch {
      // no storage, or none left: the value lasts as long as the page
    }
  });
  return value;
}

function read<T>(key: string, isValid: (value: unknown) => value is T): T | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    return isValid(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A test for `stored`: one of `values`. */
export const oneOf =
  <T extends string>(values: readonly T[]) =>
  (value: unknown): value is T =>
    values.includes(value as T);
