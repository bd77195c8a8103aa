// Parts outside of this process: a database, a queue, a store of pictures. While one does not answer nothing is wrong with
// what was asked, and it can be asked again.

/** Says that a part does not answer. */
export class Away extends Error {
  override readonly name = "Away";
  readonly code = "away";
}

/** Whether `error` came of a part that does not answer. */
export const isAway = (error: unknown): boolean =>
  error instanceof Away || (error instanceof Error && error.cause !== undefined && isAway(error.cause));

/** `address` as it may be shown: without name and password. */
export function shownAddress(address: string): string {
  const url = new URL(address);
  url.username = "";
  url.password = "";
  url.search = "";
  return url.href;
}
