// Puts the report of a run beside its log.

import { pathExists, writeFileAtomic } from "#platform";
import { readBytes } from "../../image/png.ts";
import type { LogLine } from "../log.ts";
import type { RunFolder } from "../run-folder.ts";
import type { ReportContent } from "./page.ts";
import { reportPage, shownPictures } from "./page.ts";

/** Writes report.html of what is in the log so far. */
export async function writeReport(
  { report, samples }: RunFolder,
  content: Pick<ReportContent, "name" | "recipe"> & { readonly lines: readonly LogLine[] },
): Promise<void> {
  const pictures = new Map<string, Uint8Array>();
  for (const file of shownPictures(content.lines)) {
    const path = `${samples}/${file}`;
    if (await pathExists(path)) pictures.set(file, await readBytes(path));
  }
  await writeFileAtomic(report, [new TextEncoder().encode(reportPage({ ...content, pictures }))]);
}
