// Which stretches of which files hold some tensors: few and long, so that each can be one request.

import type { StoredTensor } from "../tensor/stored.ts";

/** Bytes [start, end) of a file, under a name of their own. */
export interface ByteRun {
  readonly name: string;
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

/** Reading on over a gap is cheaper than asking again. */
const longestGap = 2 ** 20;
/** Browsers refuse single buffers beyond 2 GiB. */
const longestRun = 2 ** 30;

/** Runs that cover every tensor, each tensor inside one of them; in order of file and place. */
export function byteRuns(tensors: readonly StoredTensor[]): ByteRun[] {
  const runs: { name: string; file: string; start: number; end: number }[] = [];
  const ordered = tensors.toSorted((a, b) => (a.file === b.file ? a.offset - b.offset : a.file < b.file ? -1 : 1));
  for (const { file, offset, byteLength } of ordered) {
    const run = runs.at(-1);
    const end = offset + byteLength;
    if (run?.file === file && offset - run.end <= longestGap && end - run.start <= longestRun) {
      run.end = Math.max(run.end, end);
    } else runs.push({ name: `${runs.length}`, file, start: offset, end });
  }
  return runs;
}
