// `npm run size`: how big the tree is, so that a file that needs a seam is seen (docs/style.md: usually 60–200 lines).

import { fileURLToPath } from "node:url";
import { isPackageSource, isTest, readSourceFiles, type SourceFile } from "./source-files.ts";

/** Lines and files of one folder, source and tests apart. */
export interface FolderSize {
  readonly folder: string;
  readonly files: number;
  readonly lines: number;
  readonly testLines: number;
}

/** Returns the number of lines of a text; a final newline starts no further line. */
export function lineCount(text: string): number {
  return text === "" ? 0 : text.replace(/\n$/, "").split("\n").length;
}

/** Returns the size of every source folder (`packages/core/src/<layer>`, `packages/<name>/src`, `scripts`), by name. */
export function folderSizes(files: readonly SourceFile[]): FolderSize[] {
  const sizes = new Map<string, { files: number; lines: number; testLines: number }>();
  for (const { path, text } of files.filter(isCode)) {
    const folder = /^packages\/core\/src\/[^/]+(?=\/)|^packages\/[^/]+\/src|^[^/]+/.exec(path)![0];
    const size = sizes.get(folder) ?? { files: 0, lines: 0, testLines: 0 };
    if (isTest(path)) size.testLines += lineCount(text);
    else {
      size.files += 1;
      size.lines += lineCount(text);
    }
    sizes.set(folder, size);
  }
  return [...sizes].map(([folder, size]) => ({ folder, ...size })).sort((a, b) => (a.folder < b.folder ? -1 : 1));
}

/** Returns the `count` longest source files (tests apart), longest first. */
export function longestFiles(files: readonly SourceFile[], count: number): { path: string; lines: number }[] {
  return files
    .filter((file) => isCode(file) && !isTest(file.path))
    .map(({ path, text }) => ({ path, lines: lineCount(text) }))
    .sort((a, b) => b.lines - a.lines)
    .slice(0, count);
}

function isCode({ path }: SourceFile): boolean {
  return isPackageSource(path) || /^(scripts|examples|benchmarks)\/.*\.(ts|mjs)$/.test(path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const files = readSourceFiles();
  const folders = folderSizes(files);
  const total = (key: "files" | "lines" | "testLines") => folders.reduce((sum, size) => sum + size[key], 0);
  const rows = [
    ...folders,
    { folder: "all", files: total("files"), lines: total("lines"), testLines: total("testLines") },
  ];
  const width = Math.max(...rows.map(({ folder }) => folder.length));
  console.log(`${"folder".padEnd(width)}  files   lines   tests`);
  for (const { folder, files: count, lines, testLines } of rows) {
    const columns = [String(count).padStart(5), String(lines).padStart(6), String(testLines).padStart(6)];
    console.log(`${folder.padEnd(width)}  ${columns.join("  ")}`);
  }
  console.log("\nlongest files");
  for (const { path, lines } of longestFiles(files, 15)) console.log(`${String(lines).padStart(5)}  ${path}`);
}
