// A picture file that was dropped on the page, to be read.

import { signal } from "@preact/signals";

/** The file; undefined while there is none. */
export const importedFile = signal<File | undefined>();
