// From records (where a picture's bytes are, and what is written about it) to a data set: what every reader ends with.

import { decodeImage, imageSize } from "#platform";
import { sha256 } from "../util/sha256.ts";
import type { Dataset, Description, Skipped } from "./dataset.ts";

/** A picture that has not been read yet. */
export interface ExampleRecord {
  readonly id: string;
  /** Where it lies, for a manifest: a path, or that of a shard, "/" and the member's. */
  readonly file: string;
  /** The bytes of its file. */
  bytes(): Promise<Uint8Array>;
  readonly caption?: string;
  readonly label?: number;
  readonly columns: Readonly<Record<string, unknown>>;
}

/** What a reader found. */
export interface RecordList {
  readonly records: readonly ExampleRecord[];
  readonly skipped: readonly Skipped[];
}

/** How a data set is opened. */
export interface OpenOptions {
  /**
   * How much of each picture is read when the set is opened: all of it, so that a damaged one is found now and not in the
   * middle of training; the header only, for large sets; or nothing.
   */
  readonly check?: "pixels" | "header" | "nothing";
  /** Whether a picture without a caption is skipped. */
  readonly captions?: "wanted" | "optional";
  readonly onProgress?: (progress: { readonly done: number; readonly total: number }) => void;
  readonly signal?: AbortSignal;
}

/** The data set of `records`; those that fail the check join `skipped`. Throws when none is left. */
export async function datasetOf(
  name: string,
  { records, skipped }: RecordList,
  { check = "pixels", captions = "optional", onProgress, signal }: OpenOptions = {},
): Promise<Dataset> {
  const kept: ExampleRecord[] = [];
  const problems: Skipped[] = [...skipped];
  for (const [i, record] of records.entries()) {
    signal?.throwIfAborted();
    const reason = await problemOf(record, { check, captions });
    if (reason === undefined) kept.push(record);
    else problems.push({ id: record.id, reason });
    onProgress?.({ done: i + 1, total: records.length });
  }
  if (kept.length === 0) throw new Error(`Cannot open "${name}": it has no picture to read${firstOf(problems)}`);
  function recordAt(index: number): ExampleRecord {
    const record = kept[index];
    if (record === undefined)
      throw new RangeError(`Cannot read example ${index} of "${name}": it has ${kept.length} (0 … ${kept.length - 1})`);
    return record;
  }
  return {
    name,
    length: kept.length,
    skipped: problems,
    hash: await hashOf(kept),
    describe: (index) => descriptionOf(recordAt(index)),
    async read(index) {
      const record = recordAt(index);
      const image = await decodeImage(await record.bytes()).catch((cause: Error) => {
        throw new Error(`Cannot read "${record.id}" of "${name}": ${cause.message}`, { cause });
      });
      return { ...descriptionOf(record), image };
    },
  };
}

const descriptionOf = ({ id, caption, label, columns }: ExampleRecord): Description => ({
  id,
  columns,
  ...(caption === undefined ? {} : { caption }),
  ...(label === undefined ? {} : { label }),
});

const checks: Readonly<Record<NonNullable<OpenOptions["check"]>, (bytes: Uint8Array) => Promise<unknown>>> = {
  pixels: decodeImage,
  header: imageSize,
  nothing: async () => {},
};

async function problemOf(
  record: ExampleRecord,
  { check, captions }: Required<Pick<OpenOptions, "check" | "captions">>,
): Promise<string | undefined> {
  if (captions === "wanted" && !record.caption?.trim()) return "it has no caption";
  if (check === "nothing") return undefined;
  try {
    await checks[check](await record.bytes());
    return undefined;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

const firstOf = (problems: readonly Skipped[]): string =>
  problems.length === 0
    ? " (PNG, JPEG, WebP and the like are wanted)"
    : ` (${problems.length} skipped; "${problems[0].id}": ${problems[0].reason})`;

/** SHA-256 over ids, captions, labels and columns in order. */
async function hashOf(records: readonly ExampleRecord[]): Promise<string> {
  const text = JSON.stringify(records.map(({ id, caption, label, columns }) => [id, caption, label, columns]));
  return sha256(new TextEncoder().encode(text));
}

const captionColumns = ["text", "caption", "prompt"] as const;

/** Caption and label of a line of metadata, and its other columns. A caption is the first of "text", "caption", "prompt". */
export function describedBy(
  columns: Readonly<Record<string, unknown>>,
): Pick<ExampleRecord, "caption" | "label" | "columns"> {
  const column = captionColumns.find((name) => typeof columns[name] === "string");
  const { label } = columns;
  return {
    columns,
    ...(column === undefined ? {} : { caption: columns[column] as string }),
    ...(Number.isSafeInteger(label) ? { label: label as number } : {}),
  };
}

/** Whether a file's name is that of a picture. */
export const isPicture = (path: string): boolean => /\.(png|jpe?g|webp|gif|tiff?|avif|bmp)$/i.test(path);
