// What a data set is like, from its records and the headers of its pictures.

import { imageSize } from "#platform";
import type { Skipped } from "./dataset.ts";
import type { ExampleRecord, RecordList } from "./record.ts";

/** Least, middle and greatest of some numbers. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** Counts of a data set. */
export interface Statistics {
  readonly pictures: number;
  readonly skipped: readonly Skipped[];
  readonly width: Spread;
  readonly height: Spread;
  /** Width divided by height. */
  readonly aspect: Spread;
  /** The commonest sizes, "512×512", with how many pictures have them. */
  readonly sizes: readonly (readonly [string, number])[];
  readonly captions: number;
  /** Captions that another picture has too. */
  readonly repeatedCaptions: number;
  /** Per caption; undefined when there is none. */
  readonly words: Spread | undefined;
  readonly characters: Spread | undefined;
  /** Different words, and the commonest with how often they stand. */
  readonly vocabulary: number;
  readonly commonWords: readonly (readonly [string, number])[];
  /** Pictures by label; empty when none has one. */
  readonly labels: readonly (readonly [string, number])[];
}

/** How many of the commonest are told. */
const commonest = 20;

/** Counts sizes, captions, words and labels. Throws when no picture can be read. */
export async function statistics(
  name: string,
  { records, skipped }: RecordList,
  onProgress?: (progress: { readonly done: number; readonly total: number }) => void,
): Promise<Statistics> {
  const problems: Skipped[] = [...skipped];
  const measured: { readonly record: ExampleRecord; readonly width: number; readonly height: number }[] = [];
  for (const [i, record] of records.entries()) {
    try {
      measured.push({ record, ...(await imageSize(await record.bytes())) });
    } catch (error) {
      problems.push({ id: record.id, reason: (error as Error).message.split("\n")[0] });
    }
    onProgress?.({ done: i + 1, total: records.length });
  }
  if (measured.length === 0) throw new Error(`Cannot count "${name}": it has no picture to read`);
  const captions = measured.flatMap(({ record }) => (record.caption?.trim() ? [record.caption.trim()] : []));
  const words = captions.map(wordsOf);
  const vocabulary = counted(words.flat());
  const classes = measured.flatMap(({ record }) =>
    record.label === undefined ? [] : [String(record.columns.class ?? record.label)],
  );
  return {
    pictures: measured.length,
    skipped: problems,
    width: spread(measured.map(({ width }) => width)),
    height: spread(measured.map(({ height }) => height)),
    aspect: spread(measured.map(({ width, height }) => width / height)),
    sizes: counted(measured.map(({ width, height }) => `${width}×${height}`)).slice(0, commonest),
    captions: captions.length,
    repeatedCaptions: counted(captions).reduce((sum, [, count]) => sum + (count > 1 ? count : 0), 0),
    words: captions.length === 0 ? undefined : spread(words.map(({ length }) => length)),
    characters: captions.length === 0 ? undefined : spread(captions.map((caption) => [...caption].length)),
    vocabulary: vocabulary.length,
    commonWords: vocabulary.slice(0, commonest),
    labels: counted(classes),
  };
}

function wordsOf(caption: string): string[] {
  return caption.toLowerCase().match(/[\p{L}\p{M}\p{N}]+(?:['’-][\p{L}\p{M}\p{N}]+)*/gu) ?? [];
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return {
    min: sorted[0],
    median: (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2,
    max: sorted[sorted.length - 1],
  };
}

/** Each text with how often it stands, the commonest first. */
function counted(texts: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
}
