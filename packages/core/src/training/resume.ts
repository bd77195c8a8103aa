// Whether a run may go on with a recipe: what of it changed since the run began, and which changes alter the training.

import { isRecord } from "../util/is-record.ts";

/** A JSON value that changed. */
export interface Change {
  /** Place in the recipe, e.g. "optimizer.weightDecay". */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Parts of a recipe that only say what is told and kept of a run: they may change at any time. */
const harmless = /^(card|every|keep|samples)(\.|$)/;

/** What differs between two recipes, in the order of the first. */
export function changesBetween(before: unknown, after: unknown, path = ""): Change[] {
  if (isRecord(before) && isRecord(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    return keys.flatMap((key) => changesBetween(before[key], after[key], path === "" ? key : `${path}.${key}`));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

/** The changes that alter what is trained. */
export const alteringChanges = (changes: readonly Change[]): Change[] =>
  changes.filter(({ path }) => !harmless.test(path));

/** One change in words: "batchSize" was 64 and is 32. */
export const changeText = ({ path, before, after }: Change): string =>
  `"${path}" was ${shown(before)} and is ${shown(after)}`;

const shown = (value: unknown): string => (value === undefined ? "not there" : JSON.stringify(value));
