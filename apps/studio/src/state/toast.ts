// Short messages that come and go: that something was done.

import { signal } from "@preact/signals";

/** Those that are shown. */
export const toasts = signal<readonly { readonly id: number; readonly text: string }[]>([]);

let last = 0;

/** Shows `text` for a few seconds. */
export function toast(text: string): void {
  const id = ++last;
  toasts.value = [...toasts.value, { id, text }];
  setTimeout(() => {
    toasts.value = toasts.value.filter((one) => one.id !== id);
  }, 3500);
}
