// The pictures on the server that fit the search, page by page.

import { batch, signal } from "@preact/signals";
import type { ImageQuery, ImageRecord } from "@noisette/server/schema/image";
import { client } from "./api.ts";

/** What is looked for. */
export const galleryQuery = signal<Omit<ImageQuery, "before" | "limit">>({});

/** What was found so far, the newest first; undefined before the first answer. */
export const pictures = signal<readonly ImageRecord[] | undefined>();

/** Whether there are more; what the next page begins with. */
const next = signal<string | undefined>();

/** Why the search failed. */
export const galleryProblem = signal<unknown>();

/** Whether a page is on its way. */
export const isSearching = signal(false);

const pageSize = 60;
let search = 0;

/** Looks for `query` anew. */
export async function searchGallery(query = galleryQuery.value): Promise<void> {
  galleryQuery.value = query;
  await loadPage(undefined);
}

/** Loads the next page, if there is one. */
export async function loadMore(): Promise<void> {
  if (next.value !== undefined && !isSearching.value) await loadPage(next.value);
}

async function loadPage(before: string | undefined): Promise<void> {
  const own = ++search;
  isSearching.value = true;
  try {
    const page = await client.images({ ...galleryQuery.value, limit: pageSize, before });
    if (own !== search) return; // another search has begun
    batch(() => {
      pictures.value = before === undefined ? page.images : [...(pictures.value ?? []), ...page.images];
      next.value = page.next;
      galleryProblem.value = undefined;
    });
  } catch (error) {
    if (own === search) galleryProblem.value = error;
  } finally {
    if (own === search) isSearching.value = false;
  }
}

/** Takes a new state of a picture over. */
export function pictureChanged(image: ImageRecord): void {
  pictures.value = pictures.value?.map((one) => (one.id === image.id ? image : one));
}

/** Takes a picture out that is gone. */
export function forgetPicture(id: string): void {
  pictures.value = pictures.value?.filter((one) => one.id !== id);
}
