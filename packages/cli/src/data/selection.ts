// What the tools that choose pictures have in common: they read records, write those that are kept as a manifest, and say
// what they dropped and why.

import { mkdir } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { z } from "zod";
import { jsonLines } from "@noisette/core/data/json-lines";
import { readRecords } from "@noisette/core/data/open-dataset";
import type { ExampleRecord, RecordList } from "@noisette/core/data/record";
import { writeFileAtomic } from "@noisette/core/platform/node";
import type { Presentation } from "../flags/flag.ts";
import { definitions } from "../terminal/table.ts";
import { UsageError } from "../usage-error.ts";

/** Flags of every tool that writes a manifest. */
export const selectionOptions = z.strictObject({
  out: z.string().min(1).optional().describe("Manifest to write, one line per picture that is kept"),
  dropped: z.string().min(1).optional().describe("File to write what was dropped to, with reasons (JSON lines)"),
});

/** How they show themselves. */
export const selectionPresentations: Readonly<Record<keyof typeof selectionOptions.shape, Presentation>> = {
  out: { group: "Output", short: "o", value: "FILE.jsonl" },
  dropped: { group: "Output", value: "FILE.jsonl" },
};

/** The one data set that the words name. Throws UsageError when they name none or several. */
export async function namedRecords(words: readonly string[]): Promise<RecordList & { readonly path: string }> {
  const [path] = words;
  if (path === undefined || words.length > 1)
    throw new UsageError(`Cannot read ${words.length} data sets: one folder, .jsonl or .tar is wanted`);
  const { records, skipped } = await readRecords(path);
  if (records.length === 0)
    throw new Error(
      `Cannot read "${path}": it has no pictures${skipped.length === 0 ? "" : ` (${skipped.length} skipped; ${skipped[0].reason})`}`,
    );
  return { path, records, skipped };
}

/** A record with what a tool says of it. */
export interface Judged {
  readonly record: ExampleRecord;
  /** Why it is dropped; undefined when it is kept. */
  readonly reason: string | undefined;
  /** Its caption from now on. */
  readonly caption?: string;
}

/** Writes the manifest and prints how many were dropped for which reasons. Throws when none is kept. */
export async function writeSelection(
  judged: readonly Judged[],
  {
    out,
    dropped,
    skipped = [],
  }: { readonly out?: string; readonly dropped?: string; readonly skipped?: RecordList["skipped"] },
): Promise<void> {
  const kept = judged.filter(({ reason }) => reason === undefined);
  const lost = [
    ...skipped,
    ...judged.flatMap(({ record, reason }) => (reason === undefined ? [] : [{ id: record.id, reason }])),
  ];
  if (dropped !== undefined) await writeText(dropped, jsonLines(lost));
  process.stdout.write(`${[...summary(kept.length, lost), ""].join("\n")}`);
  if (out === undefined) {
    process.stdout.write("No manifest was written (--out FILE.jsonl)\n");
    return;
  }
  if (kept.length === 0)
    throw new Error(`Cannot write "${out}": nothing is kept (${lost[0]?.reason ?? "no pictures"})`);
  await writeText(out, jsonLines(kept.map((one) => manifestLine(one, dirname(resolve(out))))));
}

function summary(kept: number, lost: readonly { readonly reason: string }[]): string[] {
  const counts = new Map<string, number>();
  // "like "a.png"" is one reason, whichever picture it names.
  for (const { reason } of lost) {
    const kind = reason.replace(/^like ".*"$/s, "like another");
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  const rows = [...counts].toSorted(([, m], [, n]) => n - m).map(([kind, count]) => [`  ${count}`, kind] as const);
  return [`${kept} kept, ${lost.length} dropped`, ...(rows.length === 0 ? [] : definitions(rows))];
}

function manifestLine({ record, caption = record.caption }: Judged, folder: string): object {
  const file = relative(folder, resolve(record.file));
  const { text: _text, caption: _caption, prompt: _prompt, label: _label, ...columns } = record.columns;
  return {
    // Another drive of Windows has no relative path.
    file_name: (isAbsolute(file) ? resolve(record.file) : file).split(sep).join("/"),
    ...(caption === undefined ? {} : { text: caption }),
    ...(record.label === undefined ? {} : { label: record.label }),
    ...columns,
  };
}

/** Writes a UTF-8 file, and the folder it is in. */
export async function writeText(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(path)), { recursive: true });
  await writeFileAtomic(path, [new TextEncoder().encode(text)]);
}
