// One wording for everything wrong with a file of weights.

/** An Error that says `Cannot read "file": problem`. */
export function cannotRead(file: string, problem: string, options?: ErrorOptions): Error {
  return new Error(`Cannot read "${file}": ${problem}`, options);
}
