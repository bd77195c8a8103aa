// The names of the store's files, in one place. Two letters of the id spread them over folders.

/** A picture's file. */
export const pictureFile = (id: string): string => `pictures/${id.slice(0, 2)}/${id}.png`;

/** Its thumbnail. */
export const thumbnailFile = (id: string): string => `thumbnails/${id.slice(0, 2)}/${id}.webp`;

/** An upload; its id is "upload-" and the SHA-256 of the file. */
export const uploadFile = (id: string): string => `uploads/${id.slice(7, 9)}/${id}`;

/** Whether `id` is an upload's. */
export const isUpload = (id: string): boolean => /^upload-[0-9a-f]{64}$/.test(id);
