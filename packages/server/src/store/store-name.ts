// What a store takes for a name: parts of letters, digits, _ . - between slashes, none of which begins with a point.

/** Throws Error for what is no name of a store's file. */
export function checkStoreName(name: string): void {
  if (!/^[\w.-]+(\/[\w.-]+)*$/.test(name) || name.split("/").some((part) => part.startsWith(".")))
    throw new Error(`Cannot use the file "${name}": that is no name of the store (letters, digits, _ . - are wanted)`);
}
