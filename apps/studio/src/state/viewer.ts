// The picture that is shown large, and those to either side of it.

import { signal } from "@preact/signals";
import type { ImageRecord } from "@noisette/server/schema/image";

/** What is shown; undefined while nothing is. */
export const viewed = signal<{ readonly images: readonly ImageRecord[]; readonly index: number } | undefined>();

/** Shows one of `images`. */
export function view(images: readonly ImageRecord[], index: number): void {
  viewed.value = { images, index };
}

/** Goes `by` pictures on, as far as there are any. */
export function stepView(by: number): void {
  const shown = viewed.value;
  const index = (shown?.index ?? 0) + by;
  if (shown?.images[index] !== undefined) viewed.value = { ...shown, index };
}
