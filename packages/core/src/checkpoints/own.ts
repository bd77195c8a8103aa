/** The entry of `table` for a key that comes from outside; never one that every object inherits ("constructor"). */
export function own<T>(table: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
