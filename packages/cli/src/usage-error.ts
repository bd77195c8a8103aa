// A command line that cannot be meant as it is written.

/** What the user wrote is wrong, not what happened: the program ends with status 2 and has done nothing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
